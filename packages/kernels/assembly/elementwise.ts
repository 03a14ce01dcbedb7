// Element by element arithmetic. `apply` is inlined with a constant `op` into each chunk function, so that the choice
// between the operations costs nothing; a tail of one to three elements goes through the thread's scratch.
import { ARGS } from "./layout";
import { chunksFor, chunkStart, parallel, threadScratch } from "./pool";

const FILL: i32 = 0;
const ADD: i32 = 1;
const SUBTRACT: i32 = 2;
const MULTIPLY: i32 = 3;
const DIVIDE: i32 = 4;
const SCALE: i32 = 5;
const AXPY: i32 = 6;

@unmanaged
class ElementwiseArgs {
  out: usize;
  a: usize;
  b: usize;
  value: f32;
  groups: i32; // whole vectors of 4
  chunks: i32;
}

// @ts-ignore: decorator
@inline
function apply(op: i32, a: v128, b: v128, out: v128, value: v128): v128 {
  if (op == FILL) return value;
  if (op == ADD) return f32x4.add(a, b);
  if (op == SUBTRACT) return f32x4.sub(a, b);
  if (op == MULTIPLY) return f32x4.mul(a, b);
  if (op == DIVIDE) return f32x4.div(a, b);
  if (op == SCALE) return f32x4.mul(a, value);
  return f32x4.add(out, f32x4.mul(a, value));
}

// @ts-ignore: decorator
@inline
function vectors(op: i32, chunk: i32): void {
  const args = changetype<ElementwiseArgs>(ARGS);
  const value = f32x4.splat(args.value);
  const zero = f32x4.splat(0);
  const from = <usize>chunkStart(chunk, args.chunks, args.groups) << 4;
  const end = args.out + (<usize>chunkStart(chunk + 1, args.chunks, args.groups) << 4);
  let a = args.a + from;
  let b = args.b + from;
  for (let out = args.out + from; out < end; out += 16, a += 16, b += 16) {
    const left = op == FILL ? zero : v128.load(a);
    const right = op == FILL || op == SCALE || op == AXPY ? zero : v128.load(b);
    v128.store(out, apply(op, left, right, op == AXPY ? v128.load(out) : zero, value));
  }
}

// @ts-ignore: decorator
@inline
function run(op: i32, body: i32, out: usize, a: usize, b: usize, value: f32, count: i32): void {
  const args = changetype<ElementwiseArgs>(ARGS);
  args.out = out;
  args.a = a;
  args.b = b;
  args.value = value;
  args.groups = count >> 2;
  args.chunks = chunksFor(args.groups, 4);
  parallel(body, args.chunks);
  const whole = <usize>args.groups << 4;
  const rest = (<usize>count << 2) - whole;
  if (rest == 0) return;
  const tail = threadScratch();
  if (op != FILL) memory.copy(tail, a + whole, rest);
  if (op != FILL && op != SCALE && op != AXPY) memory.copy(tail + 16, b + whole, rest);
  if (op == AXPY) memory.copy(tail + 32, out + whole, rest);
  const result = apply(op, v128.load(tail), v128.load(tail, 16), v128.load(tail, 32), f32x4.splat(value));
  v128.store(tail, result, 48);
  memory.copy(out + whole, tail + 48, rest);
}

function fillChunk(chunk: i32): void {
  vectors(FILL, chunk);
}
function addChunk(chunk: i32): void {
  vectors(ADD, chunk);
}
function subtractChunk(chunk: i32): void {
  vectors(SUBTRACT, chunk);
}
function multiplyChunk(chunk: i32): void {
  vectors(MULTIPLY, chunk);
}
function divideChunk(chunk: i32): void {
  vectors(DIVIDE, chunk);
}
function scaleChunk(chunk: i32): void {
  vectors(SCALE, chunk);
}
function axpyChunk(chunk: i32): void {
  vectors(AXPY, chunk);
}

/** out = value. */
export function fill(out: usize, value: f32, count: i32): void {
  run(FILL, fillChunk.index, out, 0, 0, value, count);
}

/** out = a + b. */
export function add(out: usize, a: usize, b: usize, count: i32): void {
  run(ADD, addChunk.index, out, a, b, 0, count);
}

/** out = a - b. */
export function subtract(out: usize, a: usize, b: usize, count: i32): void {
  run(SUBTRACT, subtractChunk.index, out, a, b, 0, count);
}

/** out = a * b. */
export function multiply(out: usize, a: usize, b: usize, count: i32): void {
  run(MULTIPLY, multiplyChunk.index, out, a, b, 0, count);
}

/** out = a / b. */
export function divide(out: usize, a: usize, b: usize, count: i32): void {
  run(DIVIDE, divideChunk.index, out, a, b, 0, count);
}

/** out = x * factor. */
export function scale(out: usize, x: usize, factor: f32, count: i32): void {
  run(SCALE, scaleChunk.index, out, x, 0, factor, count);
}

/** out += x * factor. */
export function axpy(out: usize, x: usize, factor: f32, count: i32): void {
  run(AXPY, axpyChunk.index, out, x, 0, factor, count);
}
