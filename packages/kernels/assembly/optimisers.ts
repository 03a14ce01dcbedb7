// Steps of the optimisers, in place. Each works on `rows` runs of `width` elements; `indices` says where run i lies in the
// parameter and in its state, 0 (no list) means run i itself. A dense step is many runs of one width, so one body serves
// both. The gradient always lies densely.
import { ARGS } from "./layout";
import { loadPart, storePart } from "./math";
import { chunksFor, chunkStart, parallel } from "./pool";

const SGD: i32 = 0;
const MOMENTUM: i32 = 1;
const ADAGRAD: i32 = 2;
const ADAM: i32 = 3;

@unmanaged
class OptimiserArgs {
  parameter: usize;
  gradient: usize;
  first: usize; // velocity, accumulator or first moment
  second: usize; // second moment
  indices: usize;
  rows: i32;
  width: i32;
  rate: f32;
  shrink: f32; // 1 - rate * decay, the decoupled decay
  l2: f32; // added to the gradient
  a: f32; // momentum, or beta1
  b: f32; // beta2
  epsilon: f32;
  secondScale: f32; // 1 / sqrt(1 - beta2^step)
  chunks: i32;
  code: i32;
  count: i32;
}

/** Width of a run of a dense step: a multiple of 4 that splits large parameters into many chunks. */
const DENSE_RUN: i32 = 1024;

/**
 * One step. sgd: p = shrink p - rate g. momentum: v = a v + g, p = shrink p - rate v. adagrad: s += g^2,
 * p = shrink p - rate g / (sqrt(s) + epsilon). adam: m, v the moments, p = shrink p - rate m / (sqrt(v) secondScale +
 * epsilon), `rate` already divided by 1 - beta1^step. g = gradient + l2 p.
 */
export function optimise(
  code: i32,
  parameter: usize,
  gradient: usize,
  first: usize,
  second: usize,
  indices: usize,
  rows: i32,
  width: i32,
  rate: f32,
  shrink: f32,
  l2: f32,
  a: f32,
  b: f32,
  epsilon: f32,
  secondScale: f32,
): void {
  const args = changetype<OptimiserArgs>(ARGS);
  args.code = code;
  args.parameter = parameter;
  args.gradient = gradient;
  args.first = first;
  args.second = second;
  args.indices = indices;
  args.count = rows * width;
  args.rows = indices == 0 ? (args.count + DENSE_RUN - 1) / DENSE_RUN : rows;
  args.width = indices == 0 ? DENSE_RUN : width;
  args.rate = rate;
  args.shrink = shrink;
  args.l2 = l2;
  args.a = a;
  args.b = b;
  args.epsilon = epsilon;
  args.secondScale = secondScale;
  args.chunks = chunksFor(args.rows, args.width * 2);
  parallel(optimiseChunk.index, args.chunks);
}

function optimiseChunk(chunk: i32): void {
  const args = changetype<OptimiserArgs>(ARGS);
  const end = chunkStart(chunk + 1, args.chunks, args.rows);
  for (let row = chunkStart(chunk, args.chunks, args.rows); row < end; row++) {
    const from = <usize>row * (<usize>args.width << 2);
    let at = from;
    let width = args.width;
    if (args.indices != 0) at = <usize>load<u32>(args.indices + (<usize>row << 2)) * (<usize>args.width << 2);
    else width = min(width, args.count - row * args.width);
    if (args.code == ADAM) run(ADAM, at, from, width);
    else if (args.code == ADAGRAD) run(ADAGRAD, at, from, width);
    else if (args.code == MOMENTUM) run(MOMENTUM, at, from, width);
    else run(SGD, at, from, width);
  }
}

// @ts-ignore: decorator
@inline
function run(code: i32, at: usize, from: usize, width: i32): void {
  const args = changetype<OptimiserArgs>(ARGS);
  const p = args.parameter + at;
  const g = args.gradient + from;
  const first = args.first + at;
  const second = args.second + at;
  const rate = f32x4.splat(args.rate);
  const shrink = f32x4.splat(args.shrink);
  const l2 = f32x4.splat(args.l2);
  const a = f32x4.splat(args.a);
  const b = f32x4.splat(args.b);
  const notA = f32x4.splat(1 - args.a);
  const notB = f32x4.splat(1 - args.b);
  const epsilon = f32x4.splat(args.epsilon);
  const secondScale = f32x4.splat(args.secondScale);
  const whole = <usize>(width >> 2) << 4;
  const rest = width & 3;
  for (let i: usize = 0; i < <usize>width << 2; i += 16) {
    const part = i >= whole;
    const value = part ? loadPart(p + i, rest) : v128.load(p + i);
    let slope = part ? loadPart(g + i, rest) : v128.load(g + i);
    slope = f32x4.add(slope, f32x4.mul(value, l2));
    let step = slope;
    if (code == MOMENTUM) {
      const velocity = part ? loadPart(first + i, rest) : v128.load(first + i);
      step = f32x4.add(f32x4.mul(velocity, a), slope);
      if (part) storePart(first + i, step, rest);
      else v128.store(first + i, step);
    }
    if (code == ADAGRAD) {
      const before = part ? loadPart(first + i, rest) : v128.load(first + i);
      const sum = f32x4.add(before, f32x4.mul(slope, slope));
      if (part) storePart(first + i, sum, rest);
      else v128.store(first + i, sum);
      step = f32x4.div(slope, f32x4.add(f32x4.sqrt(sum), epsilon));
    }
    if (code == ADAM) {
      const before = part ? loadPart(first + i, rest) : v128.load(first + i);
      const beforeSquare = part ? loadPart(second + i, rest) : v128.load(second + i);
      const mean = f32x4.add(f32x4.mul(before, a), f32x4.mul(slope, notA));
      const square = f32x4.add(f32x4.mul(beforeSquare, b), f32x4.mul(f32x4.mul(slope, slope), notB));
      if (part) {
        storePart(first + i, mean, rest);
        storePart(second + i, square, rest);
      } else {
        v128.store(first + i, mean);
        v128.store(second + i, square);
      }
      step = f32x4.div(mean, f32x4.add(f32x4.mul(f32x4.sqrt(square), secondScale), epsilon));
    }
    const next = f32x4.sub(f32x4.mul(value, shrink), f32x4.mul(rate, step));
    if (part) storePart(p + i, next, rest);
    else v128.store(p + i, next);
  }
}
