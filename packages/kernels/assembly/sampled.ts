// Scores of a positive and some sampled negatives for each row, and their gradients (the losses are in
// sampled-loss.ts). Shared negatives are one matrix product; a row's own negatives are dot products. The gradient of the table is summed in the order
// of the rows whatever the threads: shared negatives by item, everything else by columns.
import { multiplyBlock, packAll, packedBytes } from "./gemm-block";
import { ARGS } from "./layout";
import { addRow } from "./norms";
import { chunksFor, chunkStart, parallel } from "./pool";
import { dotRow } from "./softmax";

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
  rows: i32;
  width: i32;
  count: i32; // negatives of a row
  shared: i32;
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
    // What the products start from: the bias, or -infinity for padding.
    const start: f32 = item < 0 ? -Infinity : args.bias == 0 ? 0 : load<f32>(args.bias + (<usize>item << 2));
    store<f32>(args.sums + (j << 2), start);
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
    multiplyBlock(args.scores + 4, scoreBytes, args.hidden, bytes, false, args.packed, width, width, row, end, 0, args.count, args.sums, false);
  }
  for (let r = row; r < end; r++) {
    const hidden = args.hidden + <usize>r * bytes;
    const scores = args.scores + <usize>r * scoreBytes;
    store<f32>(scores, scoreOf(hidden, load<i32>(args.positives + (<usize>r << 2))));
    if (args.shared) continue;
    const negatives = args.negatives + <usize>r * <usize>args.count * 4;
    for (let j: usize = 0; j < <usize>args.count; j++) {
      store<f32>(scores + 4 + (j << 2), scoreOf(hidden, load<i32>(negatives + (j << 2))));
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
  args.bias = 0;
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
