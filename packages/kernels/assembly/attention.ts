// Multi-head attention and its gradient. A task is one head of one sequence; it goes through its queries in blocks of
// BLOCK rows, so that (BLOCK, keys) scores are all it holds, in scratch of its own thread. The forward pass keeps one
// number per row, the logarithm of the sum of its exponentials, from which the backward pass makes the scores again.
// After Dao et al. 2022, reshaped for short sequences: a whole row of scores is at hand, so no running maximum is needed.
import { multiplyBlock, packAll, packedBytes } from "./gemm-block";
import { ARGS } from "./layout";
import { exp4, sum4 } from "./math";
import { chunkStart, parallel, threadId } from "./pool";
import { keep4, keyOf } from "./random";
import { dotRow, rowMax, scaleRow } from "./softmax";

/** Queries at a time: four tiles. Fewer leave out more of the future, more share more work: 20 beats 40 by a third at length 50. */
const BLOCK: i32 = 20;

@unmanaged
class AttentionArgs {
  out: usize; // forward: the result; backward: the gradient of q
  keyOut: usize;
  valueOut: usize;
  gradient: usize;
  output: usize; // what forward gave
  q: usize;
  k: usize;
  v: usize;
  stats: usize; // (batch, heads, queries)
  mask: usize; // (batch, keys) bytes, 0: padding; address 0: none
  scratch: usize;
  scratchBytes: usize; // of one thread
  stride: usize; // bytes between rows of q, k, v and their gradients
  outStride: usize; // bytes between rows of the result and its gradient
  batch: i32;
  heads: i32;
  queries: i32;
  keys: i32;
  width: i32; // of a head
  causal: i32;
  scale: f32;
  threshold: i32; // 2^24: no dropout
  keepScale: f32;
  key0: u32;
  key1: u32;
  chunks: i32;
}

/** Floats of scratch a thread needs. */
export function attentionScratch(queries: i32, keys: i32, width: i32, backward: i32): i32 {
  const rows = min(BLOCK, queries);
  const asColumns = packedBytes(keys, width);
  const asRows = packedBytes(width, keys);
  const scores = (<usize>rows * <usize>scoreStride(keys) * 4 + 63) & ~63;
  const forward = asColumns + asRows + scores;
  const extra = asColumns + scores + 2 * packedBytes(width, rows);
  return <i32>((forward + (backward ? extra : 0)) >> 2);
}

function prepare(
  q: usize,
  k: usize,
  v: usize,
  stats: usize,
  mask: usize,
  scratch: usize,
  stride: i32,
  batch: i32,
  heads: i32,
  queries: i32,
  keys: i32,
  width: i32,
  causal: i32,
  scale: f32,
  threshold: i32,
  keepScale: f32,
  seed: u32,
  counter: u32,
  backward: i32,
): AttentionArgs {
  const args = changetype<AttentionArgs>(ARGS);
  args.q = q;
  args.k = k;
  args.v = v;
  args.stats = stats;
  args.mask = mask;
  args.scratch = scratch;
  args.scratchBytes = <usize>attentionScratch(queries, keys, width, backward) << 2;
  args.stride = <usize>stride << 2;
  args.outStride = <usize>(heads * width) << 2;
  args.batch = batch;
  args.heads = heads;
  args.queries = queries;
  args.keys = keys;
  args.width = width;
  args.causal = causal;
  args.scale = scale;
  args.threshold = threshold;
  args.keepScale = keepScale;
  args.key0 = keyOf(seed, counter, 0);
  args.key1 = keyOf(seed, counter, 1);
  args.chunks = min(batch * heads, 1024);
  return args;
}

/** See AttentionKernels in src/attention/attention.ts. `stride` in elements. */
export function attention(
  out: usize,
  q: usize,
  k: usize,
  v: usize,
  stats: usize,
  mask: usize,
  scratch: usize,
  stride: i32,
  batch: i32,
  heads: i32,
  queries: i32,
  keys: i32,
  width: i32,
  causal: i32,
  scale: f32,
  threshold: i32,
  keepScale: f32,
  seed: u32,
  counter: u32,
): void {
  // prettier-ignore
  const args = prepare(q, k, v, stats, mask, scratch, stride, batch, heads, queries, keys, width, causal, scale, threshold, keepScale, seed, counter, 0);
  args.out = out;
  parallel(forwardChunk.index, args.chunks);
}

/** The gradients of q, k and v (same stride), replaced. */
export function attentionGradient(
  qOut: usize,
  kOut: usize,
  vOut: usize,
  gradient: usize,
  output: usize,
  q: usize,
  k: usize,
  v: usize,
  stats: usize,
  mask: usize,
  scratch: usize,
  stride: i32,
  batch: i32,
  heads: i32,
  queries: i32,
  keys: i32,
  width: i32,
  causal: i32,
  scale: f32,
  threshold: i32,
  keepScale: f32,
  seed: u32,
  counter: u32,
): void {
  // prettier-ignore
  const args = prepare(q, k, v, stats, mask, scratch, stride, batch, heads, queries, keys, width, causal, scale, threshold, keepScale, seed, counter, 1);
  args.out = qOut;
  args.keyOut = kOut;
  args.valueOut = vOut;
  args.gradient = gradient;
  args.output = output;
  parallel(backwardChunk.index, args.chunks);
}

function forwardChunk(chunk: i32): void {
  const args = changetype<AttentionArgs>(ARGS);
  const tasks = args.batch * args.heads;
  const end = chunkStart(chunk + 1, args.chunks, tasks);
  for (let task = chunkStart(chunk, args.chunks, tasks); task < end; task++) forwardTask(task);
}

/** Floats of a row of scores: whole panels, so that no tile has an edge on the right. */
// @ts-ignore: decorator
@inline
function scoreStride(keys: i32): i32 {
  return (keys + 7) & ~7;
}

/** Columns of scores that the queries before `end` need: a multiple of 8, those beyond the keys come out as 0. */
function visible(end: i32): i32 {
  const args = changetype<AttentionArgs>(ARGS);
  const all = scoreStride(args.keys);
  return args.causal ? min(all, (end + args.keys - args.queries + 7) & ~7) : all;
}

/** Keys before which query `row` may look. */
// @ts-ignore: decorator
@inline
function keysOf(row: i32): i32 {
  const args = changetype<AttentionArgs>(ARGS);
  return args.causal ? row + 1 + args.keys - args.queries : args.keys;
}

function forwardTask(task: i32): void {
  const args = changetype<AttentionArgs>(ARGS);
  const sequence = task / args.heads;
  const head = <usize>(task - sequence * args.heads) * <usize>args.width * 4;
  const keys = args.keys;
  const width = args.width;
  const packedKeys = args.scratch + <usize>threadId() * args.scratchBytes;
  const packedValues = packedKeys + packedBytes(keys, width);
  const scores = packedValues + packedBytes(width, keys);
  const keyRows = <usize>(sequence * keys) * args.stride + head;
  packAll(packedKeys, args.k + keyRows, args.stride, keys, width, true);
  packAll(packedValues, args.v + keyRows, args.stride, width, keys, false);
  const scoreBytes = <usize>scoreStride(keys) << 2;
  for (let first = 0; first < args.queries; first += BLOCK) {
    const rows = min(BLOCK, args.queries - first);
    const seen = visible(first + rows);
    const place = <usize>(sequence * args.queries + first);
    const q = args.q + place * args.stride + head;
    multiplyBlock(scores, scoreBytes, q, args.stride, false, packedKeys, width, width, 0, rows, 0, seen, 0, false);
    for (let row = 0; row < rows; row++) {
      const stat = args.stats + (<usize>(task * args.queries + first + row) << 2);
      store<f32>(stat, probabilities(scores + <usize>row * scoreBytes, sequence, task, first + row, seen));
    }
    const out = args.out + place * args.outStride + head;
    multiplyBlock(out, args.outStride, scores, scoreBytes, false, packedValues, keys, min(seen, keys), 0, rows, 0, width, 0, false);
  }
}

/** Puts -infinity where query `row` may not look, up to a whole vector; returns that end. Nobody reads beyond it. */
function hide(scores: usize, sequence: i32, row: i32): i32 {
  const args = changetype<AttentionArgs>(ARGS);
  const keys = keysOf(row);
  const end = (keys + 3) & ~3;
  for (let key = keys; key < end; key++) store<f32>(scores + (<usize>key << 2), -Infinity);
  if (args.mask == 0) return end;
  const mask = args.mask + <usize>(sequence * args.keys);
  for (let key = 0; key < keys; key++) {
    if (load<u8>(mask + <usize>key) == 0) store<f32>(scores + (<usize>key << 2), -Infinity);
  }
  return end;
}

/** Scores of one query to dropped-out probabilities, in place; returns the logarithm of the sum of exponentials. */
function probabilities(scores: usize, sequence: i32, task: i32, row: i32, seen: i32): f32 {
  const args = changetype<AttentionArgs>(ARGS);
  const width = hide(scores, sequence, row);
  const end = <usize>width << 2;
  memory.fill(scores + end, 0, (<usize>seen << 2) - end);
  const peak = rowMax(scores, width) * args.scale;
  if (peak == -Infinity) {
    memory.fill(scores, 0, end);
    return Infinity;
  }
  const scale = f32x4.splat(args.scale);
  const peaks = f32x4.splat(peak);
  let sums = f32x4.splat(0);
  for (let at: usize = 0; at < end; at += 16) {
    const e = exp4(f32x4.sub(f32x4.mul(v128.load(scores + at), scale), peaks));
    v128.store(scores + at, e);
    sums = f32x4.add(sums, e);
  }
  const sum = sum4(sums);
  if (args.threshold < 1 << 24) dropRow(scores, width, args.keepScale / sum, task, row);
  else scaleRow(scores, width, 1 / sum);
  return Mathf.log(sum) + peak;
}

/** Multiplies by `factor` what dropout keeps, and clears the rest. */
function dropRow(scores: usize, width: i32, factor: f32, task: i32, row: i32): void {
  const args = changetype<AttentionArgs>(ARGS);
  const factors = f32x4.splat(factor);
  const key0 = i32x4.splat(args.key0);
  const key1 = i32x4.splat(args.key1);
  const threshold = i32x4.splat(args.threshold);
  let index = firstIndex(task, row);
  for (const end = scores + (<usize>width << 2); scores < end; scores += 16) {
    const kept = keep4(index, key0, key1, threshold);
    v128.store(scores, v128.and(f32x4.mul(v128.load(scores), factors), kept));
    index = i32x4.add(index, i32x4.splat(4));
  }
}

/** The places of a row's first four probabilities among all (batch, heads, queries, keys) ones. */
// @ts-ignore: decorator
@inline
function firstIndex(task: i32, row: i32): v128 {
  const args = changetype<AttentionArgs>(ARGS);
  return i32x4.add(i32x4.splat((task * args.queries + row) * args.keys), i32x4(0, 1, 2, 3));
}

function backwardChunk(chunk: i32): void {
  const args = changetype<AttentionArgs>(ARGS);
  const tasks = args.batch * args.heads;
  const end = chunkStart(chunk + 1, args.chunks, tasks);
  for (let task = chunkStart(chunk, args.chunks, tasks); task < end; task++) backwardTask(task);
}

function backwardTask(task: i32): void {
  const args = changetype<AttentionArgs>(ARGS);
  const sequence = task / args.heads;
  const head = <usize>(task - sequence * args.heads) * <usize>args.width * 4;
  const keys = args.keys;
  const width = args.width;
  const blockRows = min(BLOCK, args.queries);
  const keyColumns = args.scratch + <usize>threadId() * args.scratchBytes; // for scores = q k'
  const keyRows = keyColumns + packedBytes(keys, width); // for dq = ds k
  const valueColumns = keyRows + packedBytes(width, keys); // for dp = do v'
  const packedQ = valueColumns + packedBytes(keys, width); // for dk = ds' q
  const packedGradient = packedQ + packedBytes(width, blockRows); // for dv = p' do
  const scores = packedGradient + packedBytes(width, blockRows);
  const slopes = scores + ((<usize>blockRows * <usize>scoreStride(keys) * 4 + 63) & ~63);
  const stride = args.stride;
  const outStride = args.outStride;
  const shift = <usize>(sequence * keys) * stride + head;
  packAll(keyColumns, args.k + shift, stride, keys, width, true);
  packAll(keyRows, args.k + shift, stride, width, keys, false);
  packAll(valueColumns, args.v + shift, stride, keys, width, true);
  const keyOut = args.keyOut + shift;
  const valueOut = args.valueOut + shift;
  for (let key = 0; key < keys; key++) {
    memory.fill(keyOut + <usize>key * stride, 0, <usize>width << 2);
    memory.fill(valueOut + <usize>key * stride, 0, <usize>width << 2);
  }
  const scoreBytes = <usize>scoreStride(keys) << 2;
  for (let first = 0; first < args.queries; first += BLOCK) {
    const rows = min(BLOCK, args.queries - first);
    const seen = visible(first + rows);
    const place = <usize>(sequence * args.queries + first);
    const q = args.q + place * stride + head;
    const gradient = args.gradient + place * outStride + head;
    const output = args.output + place * outStride + head;
    packAll(packedQ, q, stride, width, rows, false);
    packAll(packedGradient, gradient, outStride, width, rows, false);
    multiplyBlock(scores, scoreBytes, q, stride, false, keyColumns, width, width, 0, rows, 0, seen, 0, false);
    multiplyBlock(slopes, scoreBytes, gradient, outStride, false, valueColumns, width, width, 0, rows, 0, seen, 0, false);
    for (let row = 0; row < rows; row++) {
      const along = <usize>row * scoreBytes;
      const drop = dotRow(gradient + <usize>row * outStride, output + <usize>row * outStride, width);
      const end = hide(scores + along, sequence, first + row);
      memory.fill(scores + along + (<usize>end << 2), 0, <usize>(seen - end) << 2);
      memory.fill(slopes + along + (<usize>end << 2), 0, <usize>(seen - end) << 2);
      scoreGradient(scores + along, slopes + along, task, first + row, end, drop);
    }
    const qOut = args.out + place * stride + head;
    multiplyBlock(qOut, stride, slopes, scoreBytes, false, keyRows, keys, min(seen, keys), 0, rows, 0, width, 0, false);
    multiplyBlock(keyOut, stride, slopes, scoreBytes, true, packedQ, rows, rows, 0, min(seen, keys), 0, width, 0, true);
    multiplyBlock(valueOut, stride, scores, scoreBytes, true, packedGradient, rows, rows, 0, min(seen, keys), 0, width, 0, true);
  }
}

/** One row: scores to dropped-out probabilities, slopes (of those) to slopes of the scores. `drop` = sum of p * dp. */
function scoreGradient(scores: usize, slopes: usize, task: i32, row: i32, width: i32, drop: f32): void {
  const args = changetype<AttentionArgs>(ARGS);
  const stat = load<f32>(args.stats + (<usize>(task * args.queries + row) << 2));
  const scale = f32x4.splat(args.scale);
  const stats = f32x4.splat(stat);
  const drops = f32x4.splat(drop);
  const end = <usize>width << 2;
  if (args.threshold == 1 << 24) {
    for (let at: usize = 0; at < end; at += 16) {
      const p = exp4(f32x4.sub(f32x4.mul(v128.load(scores + at), scale), stats));
      const slope = f32x4.mul(f32x4.mul(p, f32x4.sub(v128.load(slopes + at), drops)), scale);
      v128.store(scores + at, p);
      v128.store(slopes + at, slope);
    }
    return;
  }
  const keepScale = f32x4.splat(args.keepScale);
  const key0 = i32x4.splat(args.key0);
  const key1 = i32x4.splat(args.key1);
  const threshold = i32x4.splat(args.threshold);
  let index = firstIndex(task, row);
  for (let at: usize = 0; at < end; at += 16) {
    const kept = keep4(index, key0, key1, threshold);
    const p = exp4(f32x4.sub(f32x4.mul(v128.load(scores + at), scale), stats));
    const passed = v128.and(f32x4.mul(v128.load(slopes + at), keepScale), kept);
    v128.store(scores + at, v128.and(f32x4.mul(p, keepScale), kept));
    v128.store(slopes + at, f32x4.mul(f32x4.mul(p, f32x4.sub(passed, drops)), scale));
    index = i32x4.add(index, i32x4.splat(4));
  }
}
