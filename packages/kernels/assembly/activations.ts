// Activations and their gradients. Each operation gets its own loop: `forward` and `backward` are inlined with a
// constant code.
import { ARGS } from "./layout";
import { loadPart, sigmoid4, storePart, tanh4 } from "./math";
import { chunksFor, chunkStart, parallel } from "./pool";

// The codes of ACTIVATIONS in src/activations/activations.ts.
const NONE: i32 = 0;
const RELU: i32 = 1;
const GELU: i32 = 2;
const SILU: i32 = 3;
const LEAKY_RELU: i32 = 4;
const TANH: i32 = 5;
const SIGMOID: i32 = 6;

@unmanaged
class ActivationArgs {
  out: usize;
  gradient: usize;
  x: usize;
  count: i32;
  code: i32;
  slope: f32;
  groups: i32;
  chunks: i32;
}

/** 2 sqrt(2 / pi): GELU in its tanh form is x sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3)). */
const GELU_SCALE: f32 = 1.5957691;
const GELU_CUBE: f32 = 0.044715;

// @ts-ignore: decorator
@inline
function geluGate(x: v128): v128 {
  const square = f32x4.mul(x, x);
  const bend = f32x4.add(f32x4.splat(1), f32x4.mul(square, f32x4.splat(GELU_CUBE)));
  return sigmoid4(f32x4.mul(f32x4.mul(x, f32x4.splat(GELU_SCALE)), bend));
}

// @ts-ignore: decorator
@inline
function forward(code: i32, x: v128, slope: v128): v128 {
  const zero = f32x4.splat(0);
  if (code == RELU) return f32x4.pmax(x, zero);
  if (code == GELU) return f32x4.mul(x, geluGate(x));
  if (code == SILU) return f32x4.mul(x, sigmoid4(x));
  if (code == LEAKY_RELU) return v128.bitselect(x, f32x4.mul(x, slope), f32x4.gt(x, zero));
  if (code == TANH) return tanh4(x);
  if (code == SIGMOID) return sigmoid4(x);
  return x;
}

/** `x` is the activation's output, except for GELU and SiLU, where it is the input. */
// @ts-ignore: decorator
@inline
function backward(code: i32, gradient: v128, x: v128, slope: v128): v128 {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  if (code == RELU) return v128.and(gradient, f32x4.gt(x, zero));
  if (code == GELU) {
    const gate = geluGate(x);
    const bend = f32x4.mul(f32x4.mul(x, x), f32x4.splat(3 * GELU_CUBE));
    const inner = f32x4.mul(f32x4.mul(x, f32x4.splat(GELU_SCALE)), f32x4.add(one, bend));
    return f32x4.mul(gradient, f32x4.mul(gate, f32x4.add(one, f32x4.mul(inner, f32x4.sub(one, gate)))));
  }
  if (code == SILU) {
    const gate = sigmoid4(x);
    return f32x4.mul(gradient, f32x4.mul(gate, f32x4.add(one, f32x4.mul(x, f32x4.sub(one, gate)))));
  }
  if (code == LEAKY_RELU) return v128.bitselect(gradient, f32x4.mul(gradient, slope), f32x4.gt(x, zero));
  if (code == TANH) return f32x4.mul(gradient, f32x4.sub(one, f32x4.mul(x, x)));
  if (code == SIGMOID) return f32x4.mul(gradient, f32x4.mul(x, f32x4.sub(one, x)));
  return gradient;
}

// @ts-ignore: decorator
@inline
function forwardLoop(code: i32, chunk: i32): void {
  const args = changetype<ActivationArgs>(ARGS);
  const slope = f32x4.splat(args.slope);
  const end = chunkStart(chunk + 1, args.chunks, args.groups);
  const wholeEnd = min(end, args.count >> 2);
  let at = <usize>chunkStart(chunk, args.chunks, args.groups) << 4;
  for (; at < <usize>wholeEnd << 4; at += 16) v128.store(args.out + at, forward(code, v128.load(args.x + at), slope));
  if (wholeEnd == end) return;
  const rest = args.count & 3;
  storePart(args.out + at, forward(code, loadPart(args.x + at, rest), slope), rest);
}

// @ts-ignore: decorator
@inline
function backwardLoop(code: i32, chunk: i32): void {
  const args = changetype<ActivationArgs>(ARGS);
  const slope = f32x4.splat(args.slope);
  const end = chunkStart(chunk + 1, args.chunks, args.groups);
  const wholeEnd = min(end, args.count >> 2);
  let at = <usize>chunkStart(chunk, args.chunks, args.groups) << 4;
  for (; at < <usize>wholeEnd << 4; at += 16) {
    const gradient = v128.load(args.gradient + at);
    v128.store(args.out + at, backward(code, gradient, v128.load(args.x + at), slope));
  }
  if (wholeEnd == end) return;
  const rest = args.count & 3;
  const last = backward(code, loadPart(args.gradient + at, rest), loadPart(args.x + at, rest), slope);
  storePart(args.out + at, last, rest);
}

function forwardChunk(chunk: i32): void {
  const code = changetype<ActivationArgs>(ARGS).code;
  if (code == RELU) forwardLoop(RELU, chunk);
  else if (code == GELU) forwardLoop(GELU, chunk);
  else if (code == SILU) forwardLoop(SILU, chunk);
  else if (code == LEAKY_RELU) forwardLoop(LEAKY_RELU, chunk);
  else if (code == TANH) forwardLoop(TANH, chunk);
  else if (code == SIGMOID) forwardLoop(SIGMOID, chunk);
  else forwardLoop(NONE, chunk);
}

function backwardChunk(chunk: i32): void {
  const code = changetype<ActivationArgs>(ARGS).code;
  if (code == RELU) backwardLoop(RELU, chunk);
  else if (code == GELU) backwardLoop(GELU, chunk);
  else if (code == SILU) backwardLoop(SILU, chunk);
  else if (code == LEAKY_RELU) backwardLoop(LEAKY_RELU, chunk);
  else if (code == TANH) backwardLoop(TANH, chunk);
  else if (code == SIGMOID) backwardLoop(SIGMOID, chunk);
  else backwardLoop(NONE, chunk);
}

function run(body: i32, out: usize, gradient: usize, x: usize, count: i32, code: i32, slope: f32): void {
  const args = changetype<ActivationArgs>(ARGS);
  args.out = out;
  args.gradient = gradient;
  args.x = x;
  args.count = count;
  args.code = code;
  args.slope = slope;
  args.groups = (count + 3) >> 2;
  args.chunks = chunksFor(args.groups, 24);
  parallel(body, args.chunks);
}

/** out = activation(x). */
export function activate(out: usize, x: usize, count: i32, code: i32, slope: f32): void {
  run(forwardChunk.index, out, 0, x, count, code, slope);
}

/** out = gradient * activation'(.); `saved` is the output, or the input for GELU and SiLU. */
export function activationGradient(
  out: usize,
  gradient: usize,
  saved: usize,
  count: i32,
  code: i32,
  slope: f32,
): void {
  run(backwardChunk.index, out, gradient, saved, count, code, slope);
}
