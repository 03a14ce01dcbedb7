// Softmax over rows. A row of only -infinity gives zeros.
import { ARGS } from "./layout";
import { exp4, loadPart, max4, storePart, sum4 } from "./math";
import { chunksFor, chunkStart, parallel } from "./pool";

@unmanaged
class SoftmaxArgs {
  out: usize;
  gradient: usize;
  x: usize;
  rows: i32;
  width: i32;
  chunks: i32;
}

function run(body: i32, out: usize, gradient: usize, x: usize, rows: i32, width: i32): void {
  const args = changetype<SoftmaxArgs>(ARGS);
  args.out = out;
  args.gradient = gradient;
  args.x = x;
  args.rows = rows;
  args.width = width;
  args.chunks = chunksFor(rows, width * 4);
  parallel(body, args.chunks);
}

/** out = softmax of each row of x. */
export function softmax(out: usize, x: usize, rows: i32, width: i32): void {
  run(softmaxChunk.index, out, 0, x, rows, width);
}

/** out = y * (gradient - sum(gradient * y)) for each row; y is the softmax. */
export function softmaxGradient(out: usize, gradient: usize, y: usize, rows: i32, width: i32): void {
  run(gradientChunk.index, out, gradient, y, rows, width);
}

function softmaxChunk(chunk: i32): void {
  const args = changetype<SoftmaxArgs>(ARGS);
  const bytes = <usize>args.width << 2;
  const end = chunkStart(chunk + 1, args.chunks, args.rows);
  for (let row = chunkStart(chunk, args.chunks, args.rows); row < end; row++) {
    softmaxRow(args.out + <usize>row * bytes, args.x + <usize>row * bytes, args.width);
  }
}

/** The largest of `width` floats; NaN passed over. */
export function rowMax(x: usize, width: i32): f32 {
  const whole = x + (<usize>(width >> 2) << 4);
  let peaks = f32x4.splat(-Infinity);
  let at = x;
  for (; at < whole; at += 16) peaks = f32x4.pmax(peaks, v128.load(at));
  let peak = max4(peaks);
  for (const end = x + (<usize>width << 2); at < end; at += 4) {
    const value = load<f32>(at);
    if (value > peak) peak = value;
  }
  return peak;
}

/** out = e^(x - peak); returns the sum. */
export function expRow(out: usize, x: usize, width: i32, peak: f32): f32 {
  const top = f32x4.splat(peak);
  const whole = <usize>(width >> 2) << 4;
  let sums = f32x4.splat(0);
  let at: usize = 0;
  for (; at < whole; at += 16) {
    const e = exp4(f32x4.sub(v128.load(x + at), top));
    v128.store(out + at, e);
    sums = f32x4.add(sums, e);
  }
  const rest = width & 3;
  if (rest == 0) return sum4(sums);
  const e = exp4(f32x4.sub(loadPart(x + at, rest), top));
  storePart(out + at, e, rest);
  let sum = sum4(sums) + f32x4.extract_lane(e, 0);
  if (rest > 1) sum += f32x4.extract_lane(e, 1);
  if (rest > 2) sum += f32x4.extract_lane(e, 2);
  return sum;
}

/** x *= factor, in place. */
export function scaleRow(x: usize, width: i32, factor: f32): void {
  const by = f32x4.splat(factor);
  const whole = x + (<usize>(width >> 2) << 4);
  let at = x;
  for (; at < whole; at += 16) v128.store(at, f32x4.mul(v128.load(at), by));
  for (const end = x + (<usize>width << 2); at < end; at += 4) store<f32>(at, load<f32>(at) * factor);
}

/** Sum of a[i] * b[i]. */
export function dotRow(a: usize, b: usize, width: i32): f32 {
  const whole = <usize>(width >> 2) << 4;
  let sums = f32x4.splat(0);
  let at: usize = 0;
  for (; at < whole; at += 16) sums = f32x4.add(sums, f32x4.mul(v128.load(a + at), v128.load(b + at)));
  let sum = sum4(sums);
  for (const end = <usize>width << 2; at < end; at += 4) sum += load<f32>(a + at) * load<f32>(b + at);
  return sum;
}

/** Softmax of one row; `out` may be `x`. */
export function softmaxRow(out: usize, x: usize, width: i32): void {
  const peak = rowMax(x, width);
  if (peak == -Infinity) {
    // Only -infinity and NaN: the NaNs stay, the rest has no probability.
    for (let at: usize = 0; at < <usize>width << 2; at += 4) {
      const value = load<f32>(x + at);
      store<f32>(out + at, value == value ? 0 : value);
    }
    return;
  }
  scaleRow(out, width, 1 / expRow(out, x, width, peak));
}

function gradientChunk(chunk: i32): void {
  const args = changetype<SoftmaxArgs>(ARGS);
  const bytes = <usize>args.width << 2;
  const end = chunkStart(chunk + 1, args.chunks, args.rows);
  for (let row = chunkStart(chunk, args.chunks, args.rows); row < end; row++) {
    const shift = <usize>row * bytes;
    gradientRow(args.out + shift, args.gradient + shift, args.x + shift, args.width);
  }
}

function gradientRow(out: usize, gradient: usize, y: usize, width: i32): void {
  const mean = dotRow(gradient, y, width);
  const means = f32x4.splat(mean);
  const whole = <usize>(width >> 2) << 4;
  let at: usize = 0;
  for (; at < whole; at += 16) {
    v128.store(out + at, f32x4.mul(v128.load(y + at), f32x4.sub(v128.load(gradient + at), means)));
  }
  for (const end = <usize>width << 2; at < end; at += 4) {
    store<f32>(out + at, load<f32>(y + at) * (load<f32>(gradient + at) - mean));
  }
}
