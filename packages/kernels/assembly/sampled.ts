// Scores of a positive and some sampled negatives for each row, their gradients, and the losses over them. Shared
// negatives are one matrix product; a row's own negatives are dot products. The gradient of the table is summed in the order
// of the rows whatever the threads: shared negatives by item, everything else by columns.
import { multiplyBlock, packAll, packedBytes } from "./gemm-block";
import { ARGS } from "./layout";
import { loadPart, sigmoid4, softplus4, storePart, sum4 } from "./math";
import { addRow, rowSum } from "./norms";
import { chunksFor, chunkStart, parallel } from "./pool";
import { dotRow, expRow, rowMax, scaleRow } from "./softmax";

// The codes of SAMPLED_LOSSES in src/sampled/sampled.ts.
const SOFTMAX: i32 = 0;
const BPR: i32 = 1;

const CHUNK_ROWS: i32 = 10;

@unmanaged
class SampledArgs {
  scores: usize; // (rows, 1 + negatives): scores, or their slopes
  hidden: usize;
  table: usize;
  bias: usize;
  positives: usize;
  negatives: usize; // (negatives), or (rows, negatives)
  hiddenOut: usize;
  tableOut: usize;
  biasOut: usize;
  packed: usize; // shared: the negatives' rows, packed
  packedHidden: usize;
  gathered: usize; // shared: the negatives' rows, then their gradients, (negatives, width)
  sums: usize; // shared: the negatives' slopes summed over the rows
  losses: usize;
  weights: usize;
  logQ: usize;
  slopes: usize;
  rows: i32;
  width: i32;
  count: i32; // negatives of a row
  shared: i32;
  kind: i32;
  keepHits: i32;
  beta: f32;
  chunks: i32;
}

/** Floats of scratch for the kernels below when the negatives are shared. */
export function sampledScratch(rows: i32, width: i32, count: i32): i32 {
  const gathered = <usize>count * <usize>width * 4;
  return <i32>((packedNegatives(width, count) + packedBytes(width, rows) + gathered + <usize>count * 4 + 256) >> 2);
}

/** Bytes for the negatives packed either way: as columns for the scores, as rows for the hidden vectors' gradient. */
function packedNegatives(width: i32, count: i32): usize {
  return max(packedBytes(count, width), packedBytes(width, count));
}

function prepare(hidden: usize, table: usize, positives: usize, negatives: usize, scratch: usize, rows: i32, width: i32, count: i32, shared: i32): SampledArgs {
  const args = changetype<SampledArgs>(ARGS);
  args.hidden = hidden;
  args.table = table;
  args.positives = positives;
  args.negatives = negatives;
  args.rows = rows;
  args.width = width;
  args.count = count;
  args.shared = shared;
  args.gathered = scratch;
  args.sums = (scratch + <usize>count * <usize>width * 4 + 63) & ~63;
  args.packed = (args.sums + <usize>count * 4 + 63) & ~63;
  args.packedHidden = (args.packed + packedNegatives(width, count) + 63) & ~63;
  return args;
}

/** See SampledKernels in src/sampled/sampled.ts. */
export function sampledScores(
  out: usize,
  hidden: usize,
  table: usize,
  bias: usize,
  positives: usize,
  negatives: usize,
  scratch: usize,
  rows: i32,
  width: i32,
  count: i32,
  shared: i32,
): void {
  const args = prepare(hidden, table, positives, negatives, scratch, rows, width, count, shared);
  args.scores = out;
  args.bias = bias;
  if (shared) {
    gatherNegatives();
    packAll(args.packed, args.gathered, <usize>width << 2, count, width, true);
  }
  args.chunks = (rows + CHUNK_ROWS - 1) / CHUNK_ROWS;
  parallel(scoresChunk.index, min(args.chunks, 4096));
}

function gatherNegatives(): void {
  const args = changetype<SampledArgs>(ARGS);
  const bytes = <usize>args.width << 2;
  for (let j: usize = 0; j < <usize>args.count; j++) {
    const item = load<i32>(args.negatives + (j << 2));
    if (item < 0) memory.fill(args.gathered + j * bytes, 0, bytes);
    else memory.copy(args.gathered + j * bytes, args.table + <usize>item * bytes, bytes);
  }
}

function scoresChunk(chunk: i32): void {
  const args = changetype<SampledArgs>(ARGS);
  const chunks = min(args.chunks, 4096);
  const row = chunkStart(chunk, chunks, args.chunks) * CHUNK_ROWS;
  const end = min(args.rows, chunkStart(chunk + 1, chunks, args.chunks) * CHUNK_ROWS);
  const bytes = <usize>args.width << 2;
  const scoreBytes = <usize>(args.count + 1) << 2;
  const width = args.width;
  if (args.shared) {
    multiplyBlock(args.scores + 4, scoreBytes, args.hidden, bytes, false, args.packed, width, width, row, end, 0, args.count, 0, false);
  }
  for (let r = row; r < end; r++) {
    const hidden = args.hidden + <usize>r * bytes;
    const scores = args.scores + <usize>r * scoreBytes;
    store<f32>(scores, scoreOf(hidden, load<i32>(args.positives + (<usize>r << 2))));
    const negatives = args.negatives + (args.shared ? 0 : <usize>r * <usize>args.count * 4);
    for (let j: usize = 0; j < <usize>args.count; j++) {
      const item = load<i32>(negatives + (j << 2));
      const at = scores + 4 + (j << 2);
      if (!args.shared) store<f32>(at, scoreOf(hidden, item));
      else if (item < 0) store<f32>(at, -Infinity);
      else if (args.bias != 0) store<f32>(at, load<f32>(at) + load<f32>(args.bias + (<usize>item << 2)));
    }
  }
}

function scoreOf(hidden: usize, item: i32): f32 {
  const args = changetype<SampledArgs>(ARGS);
  if (item < 0) return -Infinity;
  const bias: f32 = args.bias == 0 ? 0 : load<f32>(args.bias + (<usize>item << 2));
  return bias + dotRow(hidden, args.table + <usize>item * (<usize>args.width << 2), args.width);
}

/** Gradients from the slopes of the scores; those of table and bias are added to what is there. */
export function sampledGradient(
  hiddenOut: usize,
  tableOut: usize,
  biasOut: usize,
  slopes: usize,
  hidden: usize,
  table: usize,
  positives: usize,
  negatives: usize,
  scratch: usize,
  rows: i32,
  width: i32,
  count: i32,
  shared: i32,
): void {
  const args = prepare(hidden, table, positives, negatives, scratch, rows, width, count, shared);
  args.scores = slopes;
  args.hiddenOut = hiddenOut;
  args.tableOut = tableOut;
  args.biasOut = biasOut;
  if (hiddenOut != 0) {
    if (shared) {
      gatherNegatives();
      packAll(args.packed, args.gathered, <usize>width << 2, width, count, false);
    }
    args.chunks = (rows + CHUNK_ROWS - 1) / CHUNK_ROWS;
    parallel(hiddenChunk.index, min(args.chunks, 4096));
  }
  if (shared && (tableOut != 0 || biasOut != 0)) {
    packAll(args.packedHidden, hidden, <usize>width << 2, width, rows, false);
    args.chunks = max(1, min(64, (count + 24) / 25));
    parallel(negativesChunk.index, args.chunks);
    addNegatives();
  }
  if (tableOut != 0) {
    const lines = (width + 15) >> 4;
    args.chunks = max(1, min(lines, chunksFor(rows, width)));
    parallel(columnsChunk.index, args.chunks);
  }
  if (biasOut != 0) addToBias();
}

function hiddenChunk(chunk: i32): void {
  const args = changetype<SampledArgs>(ARGS);
  const chunks = min(args.chunks, 4096);
  const row = chunkStart(chunk, chunks, args.chunks) * CHUNK_ROWS;
  const end = min(args.rows, chunkStart(chunk + 1, chunks, args.chunks) * CHUNK_ROWS);
  const width = args.width;
  const bytes = <usize>width << 2;
  const scoreBytes = <usize>(args.count + 1) << 2;
  const count = args.count;
  if (args.shared) {
    multiplyBlock(args.hiddenOut, bytes, args.scores + 4, scoreBytes, false, args.packed, count, count, row, end, 0, width, 0, false);
  }
  for (let r = row; r < end; r++) {
    const out = args.hiddenOut + <usize>r * bytes;
    const slopes = args.scores + <usize>r * scoreBytes;
    if (!args.shared) {
      memory.fill(out, 0, bytes);
      const negatives = args.negatives + <usize>r * <usize>count * 4;
      for (let j: usize = 0; j < <usize>count; j++) {
        addItem(out, load<i32>(negatives + (j << 2)), load<f32>(slopes + 4 + (j << 2)));
      }
    }
    addItem(out, load<i32>(args.positives + (<usize>r << 2)), load<f32>(slopes));
  }
}

/** out += factor * row of the item. */
function addItem(out: usize, item: i32, factor: f32): void {
  const args = changetype<SampledArgs>(ARGS);
  if (item >= 0) axpyRow(out, args.table + <usize>item * (<usize>args.width << 2), args.width, factor);
}

/** out += factor * x over one row. */
function axpyRow(out: usize, x: usize, width: i32, factor: f32): void {
  const by = f32x4.splat(factor);
  const whole = <usize>(width >> 2) << 4;
  let at: usize = 0;
  for (; at < whole; at += 16) v128.store(out + at, f32x4.add(v128.load(out + at), f32x4.mul(v128.load(x + at), by)));
  for (const end = <usize>width << 2; at < end; at += 4) {
    store<f32>(out + at, load<f32>(out + at) + load<f32>(x + at) * factor);
  }
}

/** Gradients of some of the shared negatives: all rows' slopes times all hidden vectors. */
function negativesChunk(chunk: i32): void {
  const args = changetype<SampledArgs>(ARGS);
  const tiles = (args.count + 4) / 5;
  const first = chunkStart(chunk, args.chunks, tiles) * 5;
  const end = min(args.count, chunkStart(chunk + 1, args.chunks, tiles) * 5);
  const bytes = <usize>args.width << 2;
  const scoreBytes = <usize>(args.count + 1) << 2;
  const rows = args.rows;
  const width = args.width;
  multiplyBlock(args.gathered, bytes, args.scores + 4, scoreBytes, true, args.packedHidden, rows, rows, first, end, 0, width, 0, false);
  const sums = args.sums + (<usize>first << 2);
  memory.fill(sums, 0, <usize>(end - first) << 2);
  for (let r = 0; r < rows; r++) {
    addRow(sums, args.scores + <usize>r * scoreBytes + 4 + (<usize>first << 2), end - first);
  }
}

function addNegatives(): void {
  const args = changetype<SampledArgs>(ARGS);
  const bytes = <usize>args.width << 2;
  for (let j: usize = 0; j < <usize>args.count; j++) {
    const item = load<i32>(args.negatives + (j << 2));
    if (item < 0) continue;
    if (args.tableOut != 0) addRow(args.tableOut + <usize>item * bytes, args.gathered + j * bytes, args.width);
    if (args.biasOut != 0) addAt(args.biasOut, item, load<f32>(args.sums + (j << 2)));
  }
}

// @ts-ignore: decorator
@inline
function addAt(out: usize, item: i32, value: f32): void {
  const at = out + (<usize>item << 2);
  store<f32>(at, load<f32>(at) + value);
}

/** Some columns of the table's gradient: positives, and the rows' own negatives. */
function columnsChunk(chunk: i32): void {
  const args = changetype<SampledArgs>(ARGS);
  const lines = (args.width + 15) >> 4;
  const from = chunkStart(chunk, args.chunks, lines) << 4;
  const columns = min(args.width, chunkStart(chunk + 1, args.chunks, lines) << 4) - from;
  const bytes = <usize>args.width << 2;
  const out = args.tableOut + (<usize>from << 2);
  const own = args.shared ? 0 : args.count;
  for (let r: usize = 0; r < <usize>args.rows; r++) {
    const hidden = args.hidden + r * bytes + (<usize>from << 2);
    const slopes = args.scores + r * (<usize>(args.count + 1) << 2);
    const positive = load<i32>(args.positives + (r << 2));
    if (positive >= 0) axpyRow(out + <usize>positive * bytes, hidden, columns, load<f32>(slopes));
    const negatives = args.negatives + r * <usize>own * 4;
    for (let j: usize = 0; j < <usize>own; j++) {
      const item = load<i32>(negatives + (j << 2));
      if (item >= 0) axpyRow(out + <usize>item * bytes, hidden, columns, load<f32>(slopes + 4 + (j << 2)));
    }
  }
}

function addToBias(): void {
  const args = changetype<SampledArgs>(ARGS);
  const own = args.shared ? 0 : args.count;
  for (let r: usize = 0; r < <usize>args.rows; r++) {
    const slopes = args.scores + r * (<usize>(args.count + 1) << 2);
    const positive = load<i32>(args.positives + (r << 2));
    if (positive >= 0) addAt(args.biasOut, positive, load<f32>(slopes));
    const negatives = args.negatives + r * <usize>own * 4;
    for (let j: usize = 0; j < <usize>own; j++) {
      const item = load<i32>(negatives + (j << 2));
      if (item >= 0) addAt(args.biasOut, item, load<f32>(slopes + 4 + (j << 2)));
    }
  }
}

/** Losses of the rows, and the slopes of their scores (which may lie where the scores do). */
export function sampledLoss(
  losses: usize,
  slopes: usize,
  scores: usize,
  positives: usize,
  negatives: usize,
  weights: usize,
  logQ: usize,
  rows: i32,
  count: i32,
  shared: i32,
  kind: i32,
  keepHits: i32,
  beta: f32,
): void {
  const args = changetype<SampledArgs>(ARGS);
  args.losses = losses;
  args.slopes = slopes;
  args.scores = scores;
  args.positives = positives;
  args.negatives = negatives;
  args.weights = weights;
  args.logQ = logQ;
  args.rows = rows;
  args.count = count;
  args.shared = shared;
  args.kind = kind;
  args.keepHits = keepHits;
  args.beta = beta;
  args.chunks = chunksFor(rows, count * 8 + 16);
  parallel(lossChunk.index, args.chunks);
}

function lossChunk(chunk: i32): void {
  const args = changetype<SampledArgs>(ARGS);
  const end = chunkStart(chunk + 1, args.chunks, args.rows);
  const bytes = <usize>(args.count + 1) << 2;
  for (let row = chunkStart(chunk, args.chunks, args.rows); row < end; row++) {
    const slopes = args.slopes + <usize>row * bytes;
    const loss = args.losses + (<usize>row << 2);
    const positive = load<i32>(args.positives + (<usize>row << 2));
    if (positive < 0) {
      store<f32>(loss, 0);
      memory.fill(slopes, 0, bytes);
      continue;
    }
    if (args.slopes != args.scores) memory.copy(slopes, args.scores + <usize>row * bytes, bytes);
    const usable = dropUnusable(slopes + 4, row, positive);
    const weight: f32 = args.weights == 0 ? 1 : load<f32>(args.weights + (<usize>row << 2));
    if (args.kind == SOFTMAX) store<f32>(loss, softmaxLoss(slopes, row, positive, weight));
    else if (args.kind == BPR) store<f32>(loss, usable == 0 ? noLoss(slopes) : bprLoss(slopes, weight / <f32>usable));
    else store<f32>(loss, binaryLoss(slopes, weight));
  }
}

/** -infinity for negatives that are padding or, unless kept, the positive itself; returns how many are left. */
function dropUnusable(scores: usize, row: i32, positive: i32): i32 {
  const args = changetype<SampledArgs>(ARGS);
  const negatives = args.negatives + (args.shared ? 0 : <usize>row * <usize>args.count * 4);
  let usable = 0;
  for (let j: usize = 0; j < <usize>args.count; j++) {
    const item = load<i32>(negatives + (j << 2));
    if (item >= 0 && (item != positive || args.keepHits)) usable++;
    else store<f32>(scores + (j << 2), -Infinity);
  }
  return usable;
}

function noLoss(slopes: usize): f32 {
  memory.fill(slopes, 0, <usize>(changetype<SampledArgs>(ARGS).count + 1) << 2);
  return 0;
}

/** -log of the positive's share of the softmax over scores - log Q. */
function softmaxLoss(slopes: usize, row: i32, positive: i32, weight: f32): f32 {
  const args = changetype<SampledArgs>(ARGS);
  const width = args.count + 1;
  if (args.logQ != 0) {
    const negatives = args.negatives + (args.shared ? 0 : <usize>row * <usize>args.count * 4);
    store<f32>(slopes, load<f32>(slopes) - load<f32>(args.logQ + (<usize>positive << 2)));
    for (let j: usize = 0; j < <usize>args.count; j++) {
      const item = load<i32>(negatives + (j << 2));
      const at = slopes + 4 + (j << 2);
      if (item >= 0) store<f32>(at, load<f32>(at) - load<f32>(args.logQ + (<usize>item << 2)));
    }
  }
  const wanted = load<f32>(slopes);
  const peak = rowMax(slopes, width);
  const sum = expRow(slopes, slopes, width, peak);
  scaleRow(slopes, width, weight / sum);
  store<f32>(slopes, load<f32>(slopes) - weight);
  return weight * (Mathf.log(sum) + (peak - wanted));
}

/** Mean over the negatives of -log s(positive - negative); `weight` is already divided by their number. */
function bprLoss(slopes: usize, weight: f32): f32 {
  const count = changetype<SampledArgs>(ARGS).count;
  const positive = f32x4.splat(load<f32>(slopes));
  const weights = f32x4.splat(weight);
  let losses = f32x4.splat(0);
  let left = count;
  for (let at = slopes + 4; left > 0; at += 16, left -= 4) {
    const part = left < 4;
    const lead = f32x4.sub(part ? loadPart(at, left) : v128.load(at), positive);
    const slope = f32x4.mul(sigmoid4(lead), weights);
    if (part) {
      storePart(at, slope, left);
      losses = f32x4.add(losses, firstLanes(softplus4(lead), left));
    } else {
      v128.store(at, slope);
      losses = f32x4.add(losses, softplus4(lead));
    }
  }
  store<f32>(slopes, -rowSum(slopes + 4, count));
  return weight * sum4(losses);
}

/** -beta log s(positive) - sum over the negatives of log(1 - s(negative)). */
function binaryLoss(slopes: usize, weight: f32): f32 {
  const args = changetype<SampledArgs>(ARGS);
  const weights = f32x4.splat(weight);
  let losses = f32x4.splat(0);
  let left = args.count;
  for (let at = slopes + 4; left > 0; at += 16, left -= 4) {
    const part = left < 4;
    const score = part ? loadPart(at, left) : v128.load(at);
    const slope = f32x4.mul(sigmoid4(score), weights);
    if (part) {
      storePart(at, slope, left);
      losses = f32x4.add(losses, firstLanes(softplus4(score), left));
    } else {
      v128.store(at, slope);
      losses = f32x4.add(losses, softplus4(score));
    }
  }
  const against = f32x4.neg(f32x4.splat(load<f32>(slopes)));
  store<f32>(slopes, -weight * args.beta * f32x4.extract_lane(sigmoid4(against), 0));
  return weight * (args.beta * f32x4.extract_lane(softplus4(against), 0) + sum4(losses));
}

/** The first `count` lanes, zeros after them. */
// @ts-ignore: decorator
@inline
function firstLanes(x: v128, count: i32): v128 {
  return v128.and(x, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count)));
}
