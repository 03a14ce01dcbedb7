// Sums and extremes. Whole arrays are cut into chunks whose partial results are combined in order; a partial sum is
// kept in float64. NaN spreads through sums and is passed over by max and argmax.
import { ARGS } from "./layout";
import { addRow, rowSum, squaredDistance, sumPartials } from "./norms";
import { chunksFor, chunkStart, parallel } from "./pool";
import { rowMax } from "./softmax";

@unmanaged
class ReductionArgs {
  out: usize;
  x: usize;
  rows: i32;
  width: i32;
  chunks: i32;
}

/** Floats a chunk adds in float32 before it goes on in float64. */
const RUN: i32 = 256;

function start(out: usize, x: usize, rows: i32, width: i32, cost: i32): i32 {
  const args = changetype<ReductionArgs>(ARGS);
  args.out = out;
  args.x = x;
  args.rows = rows;
  args.width = width;
  args.chunks = chunksFor(rows, cost);
  return args.chunks;
}

/** Sum of x; `partials` holds chunksFor <= 256 float64. */
export function sum(x: usize, count: i32, partials: usize): f64 {
  return total(sumChunk.index, x, count, partials);
}

/** Sum of x^2. */
export function sumOfSquares(x: usize, count: i32, partials: usize): f64 {
  return total(squaresChunk.index, x, count, partials);
}

function total(body: i32, x: usize, count: i32, partials: usize): f64 {
  const runs = (count + RUN - 1) / RUN;
  const chunks = start(partials, x, runs, count, RUN / 2);
  if (count == 0) return 0;
  parallel(body, chunks);
  let result: f64 = 0;
  for (let chunk = 0; chunk < chunks; chunk++) result += load<f64>(partials + (<usize>chunk << 3));
  return result;
}

function sumChunk(chunk: i32): void {
  const args = changetype<ReductionArgs>(ARGS);
  const end = min(args.width, chunkStart(chunk + 1, args.chunks, args.rows) * RUN);
  let result: f64 = 0;
  for (let at = chunkStart(chunk, args.chunks, args.rows) * RUN; at < end; at += RUN) {
    result += <f64>rowSum(args.x + (<usize>at << 2), min(RUN, end - at));
  }
  store<f64>(args.out + (<usize>chunk << 3), result);
}

function squaresChunk(chunk: i32): void {
  const args = changetype<ReductionArgs>(ARGS);
  const end = min(args.width, chunkStart(chunk + 1, args.chunks, args.rows) * RUN);
  let result: f64 = 0;
  for (let at = chunkStart(chunk, args.chunks, args.rows) * RUN; at < end; at += RUN) {
    result += <f64>squaredDistance(args.x + (<usize>at << 2), 0, min(RUN, end - at));
  }
  store<f64>(args.out + (<usize>chunk << 3), result);
}

/** out (rows) = sum of each row. */
export function rowSums(out: usize, x: usize, rows: i32, width: i32): void {
  parallel(rowSumsChunk.index, start(out, x, rows, width, width));
}

function rowSumsChunk(chunk: i32): void {
  const args = changetype<ReductionArgs>(ARGS);
  const end = chunkStart(chunk + 1, args.chunks, args.rows);
  for (let row = chunkStart(chunk, args.chunks, args.rows); row < end; row++) {
    const x = args.x + <usize>row * (<usize>args.width << 2);
    store<f32>(args.out + (<usize>row << 2), rowSum(x, args.width));
  }
}

/** out (rows) = largest of each row, -infinity for an empty one. */
export function rowMaxima(out: usize, x: usize, rows: i32, width: i32): void {
  parallel(rowMaximaChunk.index, start(out, x, rows, width, width));
}

function rowMaximaChunk(chunk: i32): void {
  const args = changetype<ReductionArgs>(ARGS);
  const end = chunkStart(chunk + 1, args.chunks, args.rows);
  for (let row = chunkStart(chunk, args.chunks, args.rows); row < end; row++) {
    const x = args.x + <usize>row * (<usize>args.width << 2);
    store<f32>(args.out + (<usize>row << 2), rowMax(x, args.width));
  }
}

/** out (rows, i32) = first place of the largest, -1 where there is no number. */
export function rowArgmaxima(out: usize, x: usize, rows: i32, width: i32): void {
  parallel(rowArgmaximaChunk.index, start(out, x, rows, width, width * 2));
}

function rowArgmaximaChunk(chunk: i32): void {
  const args = changetype<ReductionArgs>(ARGS);
  const end = chunkStart(chunk + 1, args.chunks, args.rows);
  for (let row = chunkStart(chunk, args.chunks, args.rows); row < end; row++) {
    const x = args.x + <usize>row * (<usize>args.width << 2);
    store<i32>(args.out + (<usize>row << 2), firstEqual(x, args.width, rowMax(x, args.width)));
  }
}

function firstEqual(x: usize, width: i32, value: f32): i32 {
  for (let at = 0; at < width; at++) if (load<f32>(x + (<usize>at << 2)) == value) return at;
  return -1;
}

/** Chunks of columnSums, so that the caller can hold `width` floats for each. */
export function columnChunks(rows: i32, width: i32): i32 {
  return chunksFor(rows, width);
}

/** out (width) = [out +] sum over the rows; `partials`: columnChunks x width floats. */
export function columnSums(out: usize, x: usize, rows: i32, width: i32, accumulate: i32, partials: usize): void {
  if (rows == 0) {
    if (!accumulate) memory.fill(out, 0, <usize>width << 2);
    return;
  }
  const chunks = start(partials, x, rows, width, width);
  parallel(columnSumsChunk.index, chunks);
  if (accumulate) {
    for (let chunk = 0; chunk < chunks; chunk++) addRow(out, partials + <usize>chunk * (<usize>width << 2), width);
  } else {
    sumPartials(out, partials, chunks, width, <usize>width << 2);
  }
}

function columnSumsChunk(chunk: i32): void {
  const args = changetype<ReductionArgs>(ARGS);
  const bytes = <usize>args.width << 2;
  const out = args.out + <usize>chunk * bytes;
  const end = chunkStart(chunk + 1, args.chunks, args.rows);
  memory.fill(out, 0, bytes);
  for (let row = chunkStart(chunk, args.chunks, args.rows); row < end; row++) {
    addRow(out, args.x + <usize>row * bytes, args.width);
  }
}
