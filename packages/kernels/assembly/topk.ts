// The k best of many scores. Each thread keeps a heap of k entries through all its chunks, the worst at the root, so that
// soon hardly an item gets past the root; the heaps are merged afterwards. An entry is one int64, the score above the
// complement of the item, so that the larger is the better: the higher score or, at equal scores, the lower item. So the
// result is the same whichever thread saw an item. NaN is never kept, nor an item whose bit in `exclude` is set.
import { ARGS } from "./layout";
import { chunkStart, parallel, threadCount, threadId } from "./pool";

const INT8_MOST: f32 = 127;

@unmanaged
class TopKArgs {
  heaps: usize; // (threads, k) entries
  query: usize; // float32 (width), or int16 (width) for int8 items
  items: usize; // float32 (n, width), or int8
  scales: usize; // float32 (n) of int8 items
  bias: usize; // float32 (n), 0: none
  exclude: usize; // words, 0: none
  scale: f32; // of the int8 query
  n: i32;
  width: i32;
  k: i32;
  chunks: i32;
}

@unmanaged
class RowsArgs {
  outItems: usize;
  outScores: usize;
  heaps: usize; // (threads, k) entries
  scores: usize;
  exclude: usize; // (rows, ceil(columns / 32)) words, 0: none
  rows: i32;
  columns: i32;
  k: i32;
  chunks: i32;
}

/** Items of a chunk of a scan: few enough that threads end together, many enough to hide the handing out. */
const CHUNK: i32 = 2048;

/** What every scan over items is told. */
function scanArgs(
  heaps: usize,
  query: usize,
  items: usize,
  bias: usize,
  exclude: usize,
  n: i32,
  width: i32,
  k: i32,
): TopKArgs {
  const args = changetype<TopKArgs>(ARGS);
  args.heaps = heaps;
  args.query = query;
  args.items = items;
  args.bias = bias;
  args.exclude = exclude;
  args.n = n;
  args.width = width;
  args.k = k;
  args.chunks = max(1, min(1024, n / CHUNK));
  for (let thread = 0; thread < threadCount(); thread++) clear(heapOf(heaps, thread, k), k);
  return args;
}

/** The k best of query . items[i] + bias[i]; items NONE and scores -infinity where fewer remain. Returns how many. */
export function scoreTopK(
  outItems: usize,
  outScores: usize,
  heaps: usize,
  query: usize,
  items: usize,
  bias: usize,
  exclude: usize,
  n: i32,
  width: i32,
  k: i32,
): i32 {
  const args = scanArgs(heaps, query, items, bias, exclude, n, width, k);
  parallel(scoreChunk.index, args.chunks);
  return merge(outItems, outScores, heaps, k);
}

/** The same over int8 items: scores are scale * scales[i] * (query . items[i]) + bias[i]. */
export function scoreTopKInt8(
  outItems: usize,
  outScores: usize,
  heaps: usize,
  query: usize,
  items: usize,
  scales: usize,
  bias: usize,
  exclude: usize,
  scale: f32,
  n: i32,
  width: i32,
  k: i32,
): i32 {
  const args = scanArgs(heaps, query, items, bias, exclude, n, width, k);
  args.scales = scales;
  args.scale = scale;
  parallel(int8Chunk.index, args.chunks);
  return merge(outItems, outScores, heaps, k);
}

/** The k best columns of each row of scores. `heaps` holds k entries a thread. */
export function topKRows(
  outItems: usize,
  outScores: usize,
  heaps: usize,
  scores: usize,
  exclude: usize,
  rows: i32,
  columns: i32,
  k: i32,
): void {
  if (rows <= 0 || k <= 0) return;
  const args = changetype<RowsArgs>(ARGS);
  args.outItems = outItems;
  args.outScores = outScores;
  args.heaps = heaps;
  args.scores = scores;
  args.exclude = exclude;
  args.rows = rows;
  args.columns = columns;
  args.k = k;
  args.chunks = min(rows, max(1, min(256, <i32>((<i64>rows * columns) / 32768))));
  parallel(rowsChunk.index, args.chunks);
}

function rowsChunk(chunk: i32): void {
  const args = changetype<RowsArgs>(ARGS);
  const words = <usize>((args.columns + 31) >> 5) << 2;
  const k = args.k;
  const heap = heapOf(args.heaps, threadId(), k);
  const end = chunkStart(chunk + 1, args.chunks, args.rows);
  for (let row = chunkStart(chunk, args.chunks, args.rows); row < end; row++) {
    clear(heap, k);
    const scores = args.scores + ((<usize>row * <usize>args.columns) << 2);
    const exclude = args.exclude == 0 ? 0 : args.exclude + <usize>row * words;
    let worst = f32x4.splat(-Infinity);
    let column = 0;
    for (; column + 4 <= args.columns; column += 4) {
      const four = v128.load(scores + (<usize>column << 2));
      if (v128.any_true(f32x4.ge(four, worst))) worst = offerFour(heap, k, four, column, exclude);
    }
    for (; column < args.columns; column++) {
      offer(heap, k, load<f32>(scores + (<usize>column << 2)), column, exclude);
    }
    unload(args.outItems + <usize>row * <usize>k * 4, args.outScores + <usize>row * <usize>k * 4, heap, k);
  }
}

function scoreChunk(chunk: i32): void {
  const args = changetype<TopKArgs>(ARGS);
  const k = args.k;
  const heap = heapOf(args.heaps, threadId(), k);
  const bytes = <usize>args.width << 2;
  const start = chunkStart(chunk, args.chunks, args.n);
  const end = chunkStart(chunk + 1, args.chunks, args.n);
  let worst = f32x4.splat(scoreOf(load<i64>(heap)));
  let item = start;
  for (; item + 4 <= end; item += 4) {
    let four = dotFour(args.query, args.items + <usize>item * bytes, bytes);
    if (args.bias != 0) four = f32x4.add(four, v128.load(args.bias + (<usize>item << 2)));
    if (v128.any_true(f32x4.ge(four, worst))) worst = offerFour(heap, k, four, item, args.exclude);
  }
  for (; item < end; item++) {
    let score = dotOne(args.query, args.items + <usize>item * bytes, bytes);
    if (args.bias != 0) score += load<f32>(args.bias + (<usize>item << 2));
    offer(heap, k, score, item, args.exclude);
  }
}

/** Scores of four rows in a row, each summed in the order of dotOne. */
// @ts-ignore: decorator
@inline
function dotFour(query: usize, rows: usize, bytes: usize): v128 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  const r1 = rows + bytes;
  const r2 = r1 + bytes;
  const r3 = r2 + bytes;
  for (let at: usize = 0; at < bytes; at += 16) {
    const q = v128.load(query + at);
    s0 = f32x4.add(s0, f32x4.mul(q, v128.load(rows + at)));
    s1 = f32x4.add(s1, f32x4.mul(q, v128.load(r1 + at)));
    s2 = f32x4.add(s2, f32x4.mul(q, v128.load(r2 + at)));
    s3 = f32x4.add(s3, f32x4.mul(q, v128.load(r3 + at)));
  }
  // Transpose, then add: lane r of the result is the sum of the lanes of s_r, in the order (0 + 1) + (2 + 3).
  const a = v128.shuffle<f32>(s0, s1, 0, 4, 2, 6);
  const b = v128.shuffle<f32>(s0, s1, 1, 5, 3, 7);
  const c = v128.shuffle<f32>(s2, s3, 0, 4, 2, 6);
  const d = v128.shuffle<f32>(s2, s3, 1, 5, 3, 7);
  const ab = f32x4.add(a, b); // s0(0+1), s1(0+1), s0(2+3), s1(2+3)
  const cd = f32x4.add(c, d);
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

// @ts-ignore: decorator
@inline
function dotOne(query: usize, row: usize, bytes: usize): f32 {
  let s = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) s = f32x4.add(s, f32x4.mul(v128.load(query + at), v128.load(row + at)));
  return f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
}

function int8Chunk(chunk: i32): void {
  const args = changetype<TopKArgs>(ARGS);
  const k = args.k;
  const heap = heapOf(args.heaps, threadId(), k);
  const width = <usize>args.width;
  const start = chunkStart(chunk, args.chunks, args.n);
  const end = chunkStart(chunk + 1, args.chunks, args.n);
  const scale = f32x4.splat(args.scale);
  let worst = f32x4.splat(scoreOf(load<i64>(heap)));
  let item = start;
  for (; item + 4 <= end; item += 4) {
    const sums = int8Four(args.query, args.items + <usize>item * width, width);
    let four = f32x4.mul(f32x4.mul(scale, v128.load(args.scales + (<usize>item << 2))), sums);
    if (args.bias != 0) four = f32x4.add(four, v128.load(args.bias + (<usize>item << 2)));
    if (v128.any_true(f32x4.ge(four, worst))) worst = offerFour(heap, k, four, item, args.exclude);
  }
  for (; item < end; item++) {
    const sum = <f32>int8One(args.query, args.items + <usize>item * width, width);
    let score = args.scale * load<f32>(args.scales + (<usize>item << 2)) * sum;
    if (args.bias != 0) score += load<f32>(args.bias + (<usize>item << 2));
    offer(heap, k, score, item, args.exclude);
  }
}

/**
 * Sums of four rows in a row, as float32. A word of a row is 256 times a later element and exactly that to the nearest
 * half once the earlier element beside it is counted in (`quantiseRows`), so that it needs no unpacking; shifted left by
 * 8 it is 256 times the earlier element. The query is short enough for int32 (`quantiseQuery` of src/topk/wasm.ts).
 */
// @ts-ignore: decorator
@inline
function int8Four(query: usize, rows: usize, width: usize): v128 {
  let s0 = i32x4.splat(0);
  let s1 = i32x4.splat(0);
  let s2 = i32x4.splat(0);
  let s3 = i32x4.splat(0);
  const r1 = rows + width;
  const r2 = r1 + width;
  const r3 = r2 + width;
  for (let at: usize = 0; at < width; at += 16) {
    const low = v128.load(query + (at << 1));
    const high = v128.load(query + (at << 1), 16);
    s0 = int8Step(s0, v128.load(rows + at), low, high);
    s1 = int8Step(s1, v128.load(r1 + at), low, high);
    s2 = int8Step(s2, v128.load(r2 + at), low, high);
    s3 = int8Step(s3, v128.load(r3 + at), low, high);
  }
  const ab = i32x4.add(v128.shuffle<i32>(s0, s1, 0, 4, 2, 6), v128.shuffle<i32>(s0, s1, 1, 5, 3, 7));
  const cd = i32x4.add(v128.shuffle<i32>(s2, s3, 0, 4, 2, 6), v128.shuffle<i32>(s2, s3, 1, 5, 3, 7));
  const sum = i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
  return f32x4.convert_i32x4_s(sum);
}

// @ts-ignore: decorator
@inline
function int8Step(sum: v128, words: v128, low: v128, high: v128): v128 {
  const earlier = i32x4.dot_i16x8_s(i16x8.shl(words, 8), low);
  return i32x4.add(sum, i32x4.add(earlier, i32x4.dot_i16x8_s(words, high)));
}

// @ts-ignore: decorator
@inline
function int8One(query: usize, row: usize, width: usize): i32 {
  let s = i32x4.splat(0);
  for (let at: usize = 0; at < width; at += 16) {
    s = int8Step(s, v128.load(row + at), v128.load(query + (at << 1)), v128.load(query + (at << 1), 16));
  }
  return i32x4.extract_lane(s, 0) + i32x4.extract_lane(s, 1) + i32x4.extract_lane(s, 2) + i32x4.extract_lane(s, 3);
}

/** out[i] = query . items[list[i]] + bias[list[i]], each the very score that scoreTopK gives. */
export function scoreItems(
  out: usize,
  query: usize,
  items: usize,
  bias: usize,
  list: usize,
  count: i32,
  width: i32,
): void {
  const bytes = <usize>width << 2;
  for (let at: usize = 0; at < <usize>count << 2; at += 4) {
    const item = load<i32>(list + at);
    let score = dotOne(query, items + <usize>item * bytes, bytes);
    if (bias != 0) score += load<f32>(bias + (<usize>item << 2));
    store<f32>(out + at, score);
  }
}

/**
 * Rows as int8, scale = largest |x| / 127 (0 for a row of zeros). Of each 16 elements, pads being 0, byte 2 j holds
 * round(x_j / scale), and byte 2 j + 1 holds x_(8 + j) / scale rounded so that the two as one int16 word are nearest to
 * 256 x_(8 + j) / scale: the scan reads the word as it is.
 */
export function quantiseRows(out: usize, scales: usize, x: usize, rows: i32, width: i32, padded: i32): void {
  for (let row = 0; row < rows; row++) {
    const from = x + ((<usize>row * <usize>width) << 2);
    const to = out + <usize>row * <usize>padded;
    let most: f32 = 0;
    for (let at = 0; at < width; at++) {
      const size = abs(load<f32>(from + (<usize>at << 2)));
      if (size > most) most = size;
    }
    const scale = most / INT8_MOST;
    store<f32>(scales + (<usize>row << 2), scale);
    const by: f32 = scale > 0 ? <f32>1 / scale : 0;
    for (let at = 0; at < padded; at += 16) {
      for (let j = at; j < at + 8; j++) {
        const low = rounded(elementOf(from, j, width) * by);
        const high = rounded(elementOf(from, j + 8, width) * by - <f32>(low & 255) / 256);
        store<i16>(to + <usize>(2 * j - at), <i16>((high << 8) | (low & 255)));
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function elementOf(row: usize, at: i32, width: i32): f32 {
  return at < width ? load<f32>(row + (<usize>at << 2)) : 0;
}

/** To the nearest integer, halves away from 0. */
// @ts-ignore: decorator
@inline
function rounded(x: f32): i32 {
  return <i32>(x < 0 ? x - 0.5 : x + 0.5);
}

// @ts-ignore: decorator
@inline
function heapOf(heaps: usize, thread: i32, k: i32): usize {
  return heaps + ((<usize>thread * <usize>k) << 3);
}

/** A number as large as (score, item) is good. -0 counts as 0; score is not NaN, item not below -1. */
// @ts-ignore: decorator
@inline
function entryOf(score: f32, item: i32): i64 {
  const bits = reinterpret<i32>(score + <f32>0);
  return (<i64>(bits ^ ((bits >> 31) & i32.MAX_VALUE)) << 32) | <i64>(<u32>~item);
}

// @ts-ignore: decorator
@inline
export function scoreOf(entry: i64): f32 {
  const bits = <i32>(entry >> 32);
  return reinterpret<f32>(bits ^ ((bits >> 31) & i32.MAX_VALUE));
}

// @ts-ignore: decorator
@inline
function itemOf(entry: i64): i32 {
  return ~(<i32>entry);
}

/** All k places hold -infinity and no item: worse than anything. */
export function clear(heap: usize, k: i32): void {
  for (let at = 0; at < k; at++) store<i64>(heap + (<usize>at << 3), entryOf(-Infinity, -1));
}

/** Offers four items in a row; the score that the next ones must reach, in every lane. */
function offerFour(heap: usize, k: i32, scores: v128, item: i32, exclude: usize): v128 {
  offer(heap, k, f32x4.extract_lane(scores, 0), item, exclude);
  offer(heap, k, f32x4.extract_lane(scores, 1), item + 1, exclude);
  offer(heap, k, f32x4.extract_lane(scores, 2), item + 2, exclude);
  offer(heap, k, f32x4.extract_lane(scores, 3), item + 3, exclude);
  return f32x4.splat(scoreOf(load<i64>(heap)));
}

/** Puts (score, item) in place of the root when it is better. */
// @ts-ignore: decorator
@inline
export function offer(heap: usize, k: i32, score: f32, item: i32, exclude: usize): void {
  const worst = load<i64>(heap);
  if (!(score >= scoreOf(worst))) return; // NaN goes here too
  const entry = entryOf(score, item);
  if (entry <= worst) return;
  if (exclude != 0 && ((load<u32>(exclude + ((<usize>item >> 5) << 2)) >> (item & 31)) & 1) != 0) return;
  sink(heap, k, entry);
}

/** Replaces the root and restores the heap of k entries, the worst at the root. */
function sink(heap: usize, k: i32, entry: i64): void {
  const end = heap + (<usize>k << 3);
  let at = heap;
  while (true) {
    let child = heap + ((at - heap) << 1) + 8;
    if (child >= end) break;
    let smaller = load<i64>(child);
    if (child + 8 < end) {
      const other = load<i64>(child, 8);
      if (other < smaller) {
        smaller = other;
        child += 8;
      }
    }
    if (entry <= smaller) break;
    store<i64>(at, smaller);
    at = child;
  }
  store<i64>(at, entry);
}

/** Merges the heaps into the first and writes its entries best first; the number of items kept. */
function merge(outItems: usize, outScores: usize, heaps: usize, k: i32): i32 {
  for (let thread = 1; thread < threadCount(); thread++) {
    const heap = heapOf(heaps, thread, k);
    for (let at = 0; at < k; at++) {
      const entry = load<i64>(heap + (<usize>at << 3));
      if (entry > load<i64>(heaps)) sink(heaps, k, entry);
    }
  }
  return unload(outItems, outScores, heaps, k);
}

/** Empties the heap into the lists, the best first; places without an item hold NONE and -infinity. */
export function unload(outItems: usize, outScores: usize, heap: usize, k: i32): i32 {
  let kept = 0;
  for (let size = k; size > 0; size--) {
    const entry = load<i64>(heap);
    const to = <usize>(size - 1) << 2;
    store<f32>(outScores + to, scoreOf(entry));
    store<i32>(outItems + to, itemOf(entry));
    if (itemOf(entry) >= 0) kept++;
    sink(heap, size - 1, load<i64>(heap + (<usize>(size - 1) << 3)));
  }
  return kept;
}
