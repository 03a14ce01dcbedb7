// The k best of many scores. Each chunk keeps its own heap of k (score, item) pairs, the worst at the root; the heaps are
// merged in order afterwards. A better entry has the higher score or, at equal scores, the lower item, so that the result
// is the same however the items were dealt out. NaN is never kept, nor an item whose bit in `exclude` is set.
import { ARGS } from "./layout";
import { chunkStart, parallel } from "./pool";

const INT8_MOST: f32 = 127;

@unmanaged
class TopKArgs {
  heaps: usize; // (chunks, k, 2): float32 score, int32 item
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
  heaps: usize;
  scores: usize;
  exclude: usize; // (rows, ceil(columns / 32)) words, 0: none
  rows: i32;
  columns: i32;
  k: i32;
  chunks: i32;
}

/** Chunks of a scan over n items; the heaps need k pairs for each. */
export function topKChunks(n: i32): i32 {
  return max(1, min(256, (n + 8191) / 8192));
}

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
  args.chunks = topKChunks(n);
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
  return merge(outItems, outScores, heaps, topKChunks(n), k);
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
  return merge(outItems, outScores, heaps, topKChunks(n), k);
}

/** The k best columns of each row of scores. `heaps` holds rows * k pairs. */
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
  const end = chunkStart(chunk + 1, args.chunks, args.rows);
  for (let row = chunkStart(chunk, args.chunks, args.rows); row < end; row++) {
    const heap = args.heaps + <usize>row * <usize>k * 8;
    clear(heap, k);
    const scores = args.scores + ((<usize>row * <usize>args.columns) << 2);
    const exclude = args.exclude == 0 ? 0 : args.exclude + <usize>row * words;
    let worst = f32x4.splat(-Infinity);
    let column = 0;
    for (; column + 4 <= args.columns; column += 4) {
      const four = v128.load(scores + (<usize>column << 2));
      if (!v128.any_true(f32x4.ge(four, worst))) continue;
      offer(heap, k, f32x4.extract_lane(four, 0), column, exclude);
      offer(heap, k, f32x4.extract_lane(four, 1), column + 1, exclude);
      offer(heap, k, f32x4.extract_lane(four, 2), column + 2, exclude);
      offer(heap, k, f32x4.extract_lane(four, 3), column + 3, exclude);
      worst = v128.load32_splat(heap);
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
  const heap = args.heaps + <usize>chunk * <usize>k * 8;
  clear(heap, k);
  const bytes = <usize>args.width << 2;
  const start = chunkStart(chunk, args.chunks, args.n);
  const end = chunkStart(chunk + 1, args.chunks, args.n);
  let worst = f32x4.splat(-Infinity);
  let item = start;
  for (; item + 4 <= end; item += 4) {
    let four = dotFour(args.query, args.items + <usize>item * bytes, bytes);
    if (args.bias != 0) four = f32x4.add(four, v128.load(args.bias + (<usize>item << 2)));
    if (!v128.any_true(f32x4.ge(four, worst))) continue;
    offer(heap, k, f32x4.extract_lane(four, 0), item, args.exclude);
    offer(heap, k, f32x4.extract_lane(four, 1), item + 1, args.exclude);
    offer(heap, k, f32x4.extract_lane(four, 2), item + 2, args.exclude);
    offer(heap, k, f32x4.extract_lane(four, 3), item + 3, args.exclude);
    worst = v128.load32_splat(heap);
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
  const heap = args.heaps + <usize>chunk * <usize>k * 8;
  clear(heap, k);
  const width = <usize>args.width;
  const start = chunkStart(chunk, args.chunks, args.n);
  const end = chunkStart(chunk + 1, args.chunks, args.n);
  const scale = f32x4.splat(args.scale);
  let worst = f32x4.splat(-Infinity);
  let item = start;
  for (; item + 4 <= end; item += 4) {
    const sums = int8Four(args.query, args.items + <usize>item * width, width);
    let four = f32x4.mul(f32x4.mul(scale, v128.load(args.scales + (<usize>item << 2))), sums);
    if (args.bias != 0) four = f32x4.add(four, v128.load(args.bias + (<usize>item << 2)));
    if (!v128.any_true(f32x4.ge(four, worst))) continue;
    offer(heap, k, f32x4.extract_lane(four, 0), item, args.exclude);
    offer(heap, k, f32x4.extract_lane(four, 1), item + 1, args.exclude);
    offer(heap, k, f32x4.extract_lane(four, 2), item + 2, args.exclude);
    offer(heap, k, f32x4.extract_lane(four, 3), item + 3, args.exclude);
    worst = v128.load32_splat(heap);
  }
  for (; item < end; item++) {
    const sum = <f32>int8One(args.query, args.items + <usize>item * width, width);
    let score = args.scale * load<f32>(args.scales + (<usize>item << 2)) * sum;
    if (args.bias != 0) score += load<f32>(args.bias + (<usize>item << 2));
    offer(heap, k, score, item, args.exclude);
  }
}

// @ts-ignore: decorator
@inline
function int8Sum(query: usize, row: usize, width: usize): v128 {
  let sum = i32x4.splat(0);
  for (let at: usize = 0; at < width; at += 16) {
    const bytes = v128.load(row + at);
    const low = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(bytes), v128.load(query + (at << 1)));
    const high = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(bytes), v128.load(query + (at << 1), 16));
    sum = i32x4.add(sum, i32x4.add(low, high));
  }
  return sum;
}

// @ts-ignore: decorator
@inline
function int8Four(query: usize, rows: usize, width: usize): v128 {
  const s0 = int8Sum(query, rows, width);
  const s1 = int8Sum(query, rows + width, width);
  const s2 = int8Sum(query, rows + 2 * width, width);
  const s3 = int8Sum(query, rows + 3 * width, width);
  const ab = i32x4.add(v128.shuffle<i32>(s0, s1, 0, 4, 2, 6), v128.shuffle<i32>(s0, s1, 1, 5, 3, 7));
  const cd = i32x4.add(v128.shuffle<i32>(s2, s3, 0, 4, 2, 6), v128.shuffle<i32>(s2, s3, 1, 5, 3, 7));
  const sum = i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
  return f32x4.convert_i32x4_s(sum);
}

// @ts-ignore: decorator
@inline
function int8One(query: usize, row: usize, width: usize): i32 {
  const s = int8Sum(query, row, width);
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

/** Rows as int8: out = round(x / scale), scale = largest |x| / 127 (0 for a row of zeros); pads are 0. */
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
    for (let at = 0; at < width; at++) {
      const value = load<f32>(from + (<usize>at << 2)) * by;
      store<i8>(to + <usize>at, <i8>(value < 0 ? value - 0.5 : value + 0.5));
    }
    memory.fill(to + <usize>width, 0, <usize>(padded - width));
  }
}

/** All k places hold -infinity and no item: worse than anything. */
function clear(heap: usize, k: i32): void {
  for (let at = 0; at < k; at++) {
    store<f32>(heap + (<usize>at << 3), -Infinity);
    store<i32>(heap + (<usize>at << 3), i32.MAX_VALUE, 4);
  }
}

/** Puts (score, item) in place of the root when it is better. */
function offer(heap: usize, k: i32, score: f32, item: i32, exclude: usize): void {
  const worst = load<f32>(heap);
  if (!(score > worst || (score == worst && item < load<i32>(heap, 4)))) return;
  if (exclude != 0 && ((load<u32>(exclude + ((<usize>item >> 5) << 2)) >> (item & 31)) & 1) != 0) return;
  sink(heap, k, score, item);
}

/** Replaces the root and restores the heap of k entries, the worst at the root. */
function sink(heap: usize, k: i32, score: f32, item: i32): void {
  let at = 0;
  while (true) {
    let child = 2 * at + 1;
    if (child >= k) break;
    let childScore = load<f32>(heap + (<usize>child << 3));
    let childItem = load<i32>(heap + (<usize>child << 3), 4);
    if (child + 1 < k) {
      const otherScore = load<f32>(heap + (<usize>child << 3), 8);
      const otherItem = load<i32>(heap + (<usize>child << 3), 12);
      if (worse(otherScore, otherItem, childScore, childItem)) {
        child++;
        childScore = otherScore;
        childItem = otherItem;
      }
    }
    if (!worse(childScore, childItem, score, item)) break;
    store<f32>(heap + (<usize>at << 3), childScore);
    store<i32>(heap + (<usize>at << 3), childItem, 4);
    at = child;
  }
  store<f32>(heap + (<usize>at << 3), score);
  store<i32>(heap + (<usize>at << 3), item, 4);
}

// @ts-ignore: decorator
@inline
function worse(score: f32, item: i32, otherScore: f32, otherItem: i32): bool {
  return score < otherScore || (score == otherScore && item > otherItem);
}

/** Merges the heaps into the first and writes its entries best first; the number of items kept. */
function merge(outItems: usize, outScores: usize, heaps: usize, chunks: i32, k: i32): i32 {
  for (let chunk = 1; chunk < chunks; chunk++) {
    const heap = heaps + <usize>chunk * <usize>k * 8;
    for (let at = 0; at < k; at++) {
      const item = load<i32>(heap + (<usize>at << 3), 4);
      if (item != i32.MAX_VALUE) offer(heaps, k, load<f32>(heap + (<usize>at << 3)), item, 0);
    }
  }
  return unload(outItems, outScores, heaps, k);
}

/** Empties the heap into the lists, the best first; places without an item hold NONE and -infinity. */
function unload(outItems: usize, outScores: usize, heap: usize, k: i32): i32 {
  let kept = 0;
  for (let size = k; size > 0; size--) {
    const score = load<f32>(heap);
    const item = load<i32>(heap, 4);
    const to = <usize>(size - 1) << 2;
    store<f32>(outScores + to, score);
    store<i32>(outItems + to, item == i32.MAX_VALUE ? -1 : item);
    if (item != i32.MAX_VALUE) kept++;
    const last = heap + (<usize>(size - 1) << 3);
    sink(heap, size - 1, load<f32>(last), load<i32>(last, 4));
  }
  return kept;
}
