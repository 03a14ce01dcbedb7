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
  let i: usize = 0;
  for (; i < whole; i += 16) one(code, false, 4, p + i, g + i, first + i, second + i, rate, shrink, l2, a, b, notA, notB, epsilon, secondScale);
  if (rest > 0) one(code, true, rest, p + i, g + i, first + i, second + i, rate, shrink, l2, a, b, notA, notB, epsilon, secondScale);
}

/** Four elements, or the last `rest` of a run when `part`. */
// @ts-ignore: decorator
@inline
function one(
  code: i32,
  part: bool,
  rest: i32,
  p: usize,
  g: usize,
  first: usize,
  second: usize,
  rate: v128,
  shrink: v128,
  l2: v128,
  a: v128,
  b: v128,
  notA: v128,
  notB: v128,
  epsilon: v128,
  secondScale: v128,
): void {
  const value = read(p, part, rest);
  const slope = f32x4.add(read(g, part, rest), f32x4.mul(value, l2));
  let step = slope;
  if (code == MOMENTUM) {
    step = f32x4.add(f32x4.mul(read(first, part, rest), a), slope);
    write(first, step, part, rest);
  }
  if (code == ADAGRAD) {
    const sum = f32x4.add(read(first, part, rest), f32x4.mul(slope, slope));
    write(first, sum, part, rest);
    step = f32x4.div(slope, f32x4.add(f32x4.sqrt(sum), epsilon));
  }
  if (code == ADAM) {
    const mean = f32x4.add(f32x4.mul(read(first, part, rest), a), f32x4.mul(slope, notA));
    const square = f32x4.add(f32x4.mul(read(second, part, rest), b), f32x4.mul(f32x4.mul(slope, slope), notB));
    write(first, mean, part, rest);
    write(second, square, part, rest);
    step = f32x4.div(mean, f32x4.add(f32x4.mul(f32x4.sqrt(square), secondScale), epsilon));
  }
  write(p, f32x4.sub(f32x4.mul(value, shrink), f32x4.mul(rate, step)), part, rest);
}

// @ts-ignore: decorator
@inline
function read(at: usize, part: bool, count: i32): v128 {
  return part ? loadPart(at, count) : v128.load(at);
}

// @ts-ignore: decorator
@inline
function write(at: usize, x: v128, part: bool, count: i32): void {
  if (part) storePart(at, x, count);
  else v128.store(at, x);
}
