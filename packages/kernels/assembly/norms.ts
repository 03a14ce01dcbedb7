// Layer norm and RMS norm over rows. `stats` keeps what the backward pass needs: (mean, 1 / deviation) a row for the
// layer norm, (0, 1 / root mean square) for the RMS norm, so that one backward pass serves both.
import { ARGS } from "./layout";
import { sum4 } from "./math";
import { chunksFor, chunkStart, parallel } from "./pool";

@unmanaged
class NormArgs {
  out: usize;
  x: usize;
  gain: usize;
  bias: usize; // 0: none
  stats: usize;
  gradient: usize;
  partials: usize; // chunks x 2 x width: gain, then bias
  rows: i32;
  width: i32;
  centred: i32; // 1: layer norm
  epsilon: f32;
  chunks: i32;
}

/** out = (x - mean) / deviation * gain + bias for each row; `centred` = 0 takes the mean as 0. */
export function norm(
  out: usize,
  x: usize,
  gain: usize,
  bias: usize,
  stats: usize,
  rows: i32,
  width: i32,
  centred: i32,
  epsilon: f32,
): void {
  const args = changetype<NormArgs>(ARGS);
  args.out = out;
  args.x = x;
  args.gain = gain;
  args.bias = bias;
  args.stats = stats;
  args.rows = rows;
  args.width = width;
  args.centred = centred;
  args.epsilon = epsilon;
  args.chunks = chunksFor(rows, width * 2);
  parallel(normChunk.index, args.chunks);
}

function normChunk(chunk: i32): void {
  const args = changetype<NormArgs>(ARGS);
  const bytes = <usize>args.width << 2;
  const end = chunkStart(chunk + 1, args.chunks, args.rows);
  for (let row = chunkStart(chunk, args.chunks, args.rows); row < end; row++) {
    const x = args.x + <usize>row * bytes;
    const mean: f32 = args.centred ? rowSum(x, args.width) / <f32>args.width : 0;
    const inverse: f32 = 1 / Mathf.sqrt(squaredDistance(x, mean, args.width) / <f32>args.width + args.epsilon);
    store<f32>(args.stats + (<usize>row << 3), mean);
    store<f32>(args.stats + (<usize>row << 3), inverse, 4);
    normRow(args.out + <usize>row * bytes, x, args.gain, args.bias, mean, inverse, args.width);
  }
}

/** Sum of `width` floats. */
export function rowSum(x: usize, width: i32): f32 {
  const whole = x + (<usize>(width >> 2) << 4);
  let sums = f32x4.splat(0);
  let at = x;
  for (; at < whole; at += 16) sums = f32x4.add(sums, v128.load(at));
  let sum = sum4(sums);
  for (const end = x + (<usize>width << 2); at < end; at += 4) sum += load<f32>(at);
  return sum;
}

/** Sum of (x - centre)^2. */
export function squaredDistance(x: usize, centre: f32, width: i32): f32 {
  const centres = f32x4.splat(centre);
  const whole = x + (<usize>(width >> 2) << 4);
  let sums = f32x4.splat(0);
  let at = x;
  for (; at < whole; at += 16) {
    const distance = f32x4.sub(v128.load(at), centres);
    sums = f32x4.add(sums, f32x4.mul(distance, distance));
  }
  let sum = sum4(sums);
  for (const end = x + (<usize>width << 2); at < end; at += 4) {
    const distance = load<f32>(at) - centre;
    sum += distance * distance;
  }
  return sum;
}

function normRow(out: usize, x: usize, gain: usize, bias: usize, mean: f32, inverse: f32, width: i32): void {
  const means = f32x4.splat(mean);
  const inverses = f32x4.splat(inverse);
  const whole = <usize>(width >> 2) << 4;
  let at: usize = 0;
  if (bias != 0) {
    for (; at < whole; at += 16) {
      const standard = f32x4.mul(f32x4.sub(v128.load(x + at), means), inverses);
      v128.store(out + at, f32x4.add(f32x4.mul(standard, v128.load(gain + at)), v128.load(bias + at)));
    }
  } else {
    for (; at < whole; at += 16) {
      const standard = f32x4.mul(f32x4.sub(v128.load(x + at), means), inverses);
      v128.store(out + at, f32x4.mul(standard, v128.load(gain + at)));
    }
  }
  for (const end = <usize>width << 2; at < end; at += 4) {
    const shift: f32 = bias != 0 ? load<f32>(bias + at) : 0;
    store<f32>(out + at, (load<f32>(x + at) - mean) * inverse * load<f32>(gain + at) + shift);
  }
}

/** Chunks of a backward pass, so that the caller can hold 2 x width floats of partial sums for each. */
export function normChunks(rows: i32, width: i32): i32 {
  return chunksFor(rows, width * 3);
}

/** Gradients of x (out), of gain and, unless 0, of bias; those two are replaced. `partials`: normChunks x 2 x width. */
export function normGradient(
  out: usize,
  gainOut: usize,
  biasOut: usize,
  gradient: usize,
  x: usize,
  gain: usize,
  stats: usize,
  partials: usize,
  rows: i32,
  width: i32,
  centred: i32,
): void {
  const args = changetype<NormArgs>(ARGS);
  args.out = out;
  args.gradient = gradient;
  args.x = x;
  args.gain = gain;
  args.stats = stats;
  args.partials = partials;
  args.rows = rows;
  args.width = width;
  args.centred = centred;
  args.chunks = normChunks(rows, width);
  parallel(gradientChunk.index, args.chunks);
  sumPartials(gainOut, partials, args.chunks, width, <usize>width * 8);
  if (biasOut != 0) sumPartials(biasOut, partials + (<usize>width << 2), args.chunks, width, <usize>width * 8);
}

/** out = sum of `count` rows of `width` floats, `stride` bytes apart, in their order. */
export function sumPartials(out: usize, partials: usize, count: i32, width: i32, stride: usize): void {
  memory.copy(out, partials, <usize>width << 2);
  for (let partial = 1; partial < count; partial++) addRow(out, partials + <usize>partial * stride, width);
}

/** out += x over one row. */
export function addRow(out: usize, x: usize, width: i32): void {
  const whole = <usize>(width >> 2) << 4;
  let at: usize = 0;
  for (; at < whole; at += 16) v128.store(out + at, f32x4.add(v128.load(out + at), v128.load(x + at)));
  for (const end = <usize>width << 2; at < end; at += 4) {
    store<f32>(out + at, load<f32>(out + at) + load<f32>(x + at));
  }
}

function gradientChunk(chunk: i32): void {
  const args = changetype<NormArgs>(ARGS);
  const bytes = <usize>args.width << 2;
  const gainSums = args.partials + <usize>chunk * bytes * 2;
  memory.fill(gainSums, 0, bytes * 2);
  const end = chunkStart(chunk + 1, args.chunks, args.rows);
  for (let row = chunkStart(chunk, args.chunks, args.rows); row < end; row++) {
    const shift = <usize>row * bytes;
    const stat = args.stats + (<usize>row << 3);
    gradientRow(args.out + shift, gainSums, args.gradient + shift, args.x + shift, load<f32>(stat), load<f32>(stat, 4));
  }
}

function gradientRow(out: usize, gainSums: usize, gradient: usize, x: usize, mean: f32, inverse: f32): void {
  const args = changetype<NormArgs>(ARGS);
  const width = args.width;
  const gain = args.gain;
  const bytes = <usize>width << 2;
  const biasSums = gainSums + bytes;
  const means = f32x4.splat(mean);
  const inverses = f32x4.splat(inverse);
  const whole = <usize>(width >> 2) << 4;
  let pulls = f32x4.splat(0); // sum of gradient * gain
  let tilts = f32x4.splat(0); // sum of gradient * gain * standard
  let at: usize = 0;
  for (; at < whole; at += 16) {
    const g = v128.load(gradient + at);
    const standard = f32x4.mul(f32x4.sub(v128.load(x + at), means), inverses);
    const product = f32x4.mul(g, standard);
    v128.store(gainSums + at, f32x4.add(v128.load(gainSums + at), product));
    v128.store(biasSums + at, f32x4.add(v128.load(biasSums + at), g));
    const by = v128.load(gain + at);
    pulls = f32x4.add(pulls, f32x4.mul(g, by));
    tilts = f32x4.add(tilts, f32x4.mul(product, by));
  }
  let pull = sum4(pulls);
  let tilt = sum4(tilts);
  for (; at < bytes; at += 4) {
    const g = load<f32>(gradient + at);
    const standard = (load<f32>(x + at) - mean) * inverse;
    store<f32>(gainSums + at, load<f32>(gainSums + at) + g * standard);
    store<f32>(biasSums + at, load<f32>(biasSums + at) + g);
    pull += g * load<f32>(gain + at);
    tilt += g * load<f32>(gain + at) * standard;
  }
  pull = args.centred ? pull / <f32>width : 0;
  tilt /= <f32>width;
  const pull4 = f32x4.splat(pull);
  const tilt4 = f32x4.splat(tilt);
  at = 0;
  for (; at < whole; at += 16) {
    const standard = f32x4.mul(f32x4.sub(v128.load(x + at), means), inverses);
    const inner = f32x4.sub(f32x4.mul(v128.load(gradient + at), v128.load(gain + at)), pull4);
    v128.store(out + at, f32x4.mul(f32x4.sub(inner, f32x4.mul(standard, tilt4)), inverses));
  }
  for (; at < bytes; at += 4) {
    const standard = (load<f32>(x + at) - mean) * inverse;
    const inner = load<f32>(gradient + at) * load<f32>(gain + at) - pull;
    store<f32>(out + at, (inner - standard * tilt) * inverse);
  }
}
