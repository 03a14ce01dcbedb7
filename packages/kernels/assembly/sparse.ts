// Sparse x dense products for graphs: A is (rows, columns) in compressed rows, dense matrices are row-major. Rows are
// dealt to chunks; each row is summed by one thread in the order of its entries.
import { ARGS } from "./layout";
import { chunkStart, chunksFor, parallel } from "./pool";

@unmanaged
class SparseArgs {
  out: usize;
  values: usize; // 0: all ones
  columns: usize;
  offsets: usize;
  x: usize;
  grad: usize;
  rows: i32;
  width: i32;
  accumulate: i32;
  chunks: i32;
}

/** out = A x [+ out]; x (columns, width), out (rows, width). */
export function sparseMatmul(
  out: usize,
  values: usize,
  columns: usize,
  offsets: usize,
  x: usize,
  rows: i32,
  width: i32,
  accumulate: i32,
): void {
  if (rows <= 0 || width <= 0) return;
  const args = changetype<SparseArgs>(ARGS);
  args.out = out;
  args.values = values;
  args.columns = columns;
  args.offsets = offsets;
  args.x = x;
  args.rows = rows;
  args.width = width;
  args.accumulate = accumulate;
  args.chunks = chunksFor(rows, operations(offsets, rows, width));
  parallel(productChunk.index, args.chunks);
}

/** out[e] = grad[row of e] . x[column of e] for every entry: the gradient of the values. */
export function sparseValuesGradient(
  out: usize,
  columns: usize,
  offsets: usize,
  grad: usize,
  x: usize,
  rows: i32,
  width: i32,
): void {
  if (rows <= 0) return;
  const args = changetype<SparseArgs>(ARGS);
  args.out = out;
  args.columns = columns;
  args.offsets = offsets;
  args.grad = grad;
  args.x = x;
  args.rows = rows;
  args.width = width;
  args.chunks = chunksFor(rows, operations(offsets, rows, width));
  parallel(valuesChunk.index, args.chunks);
}

/** Mean operations a row. */
function operations(offsets: usize, rows: i32, width: i32): i32 {
  const entries = load<i32>(offsets + (<usize>rows << 2));
  return <i32>min<i64>(i32.MAX_VALUE, (<i64>entries * width) / rows + width);
}

function productChunk(chunk: i32): void {
  const args = changetype<SparseArgs>(ARGS);
  const bytes = <usize>args.width << 2;
  const end = chunkStart(chunk + 1, args.chunks, args.rows);
  for (let row = chunkStart(chunk, args.chunks, args.rows); row < end; row++) {
    const out = args.out + <usize>row * bytes;
    if (args.accumulate == 0) memory.fill(out, 0, bytes);
    const to = load<i32>(args.offsets + (<usize>row << 2), 4);
    for (let entry = load<i32>(args.offsets + (<usize>row << 2)); entry < to; entry++) {
      const x = args.x + <usize>load<i32>(args.columns + (<usize>entry << 2)) * bytes;
      addScaled(out, x, args.values == 0 ? 1 : load<f32>(args.values + (<usize>entry << 2)), bytes);
    }
  }
}

function valuesChunk(chunk: i32): void {
  const args = changetype<SparseArgs>(ARGS);
  const bytes = <usize>args.width << 2;
  const end = chunkStart(chunk + 1, args.chunks, args.rows);
  for (let row = chunkStart(chunk, args.chunks, args.rows); row < end; row++) {
    const grad = args.grad + <usize>row * bytes;
    const to = load<i32>(args.offsets + (<usize>row << 2), 4);
    for (let entry = load<i32>(args.offsets + (<usize>row << 2)); entry < to; entry++) {
      const x = args.x + <usize>load<i32>(args.columns + (<usize>entry << 2)) * bytes;
      store<f32>(args.out + (<usize>entry << 2), dot(grad, x, bytes));
    }
  }
}

// @ts-ignore: decorator
@inline
function addScaled(out: usize, x: usize, scale: f32, bytes: usize): void {
  const s = f32x4.splat(scale);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    v128.store(out + at, f32x4.add(v128.load(out + at), f32x4.mul(s, v128.load(x + at))));
  }
  for (; at < bytes; at += 4) store<f32>(out + at, load<f32>(out + at) + scale * load<f32>(x + at));
}

// @ts-ignore: decorator
@inline
function dot(a: usize, b: usize, bytes: usize): f32 {
  let s = f32x4.splat(0);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) s = f32x4.add(s, f32x4.mul(v128.load(a + at), v128.load(b + at)));
  let sum =
    f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
  for (; at < bytes; at += 4) sum += load<f32>(a + at) * load<f32>(b + at);
  return sum;
}
