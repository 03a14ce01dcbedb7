// A gated recurrent unit over whole sequences. Sequences do not meet, so a chunk is a few sequences taken through all
// their steps: no thread waits for another between steps. The products with the inputs, and the gradients of the weights,
// are large matrix products outside (src/gru/wasm.ts).
import { multiplyBlock } from "./gemm-block";
import { ARGS } from "./layout";
import { loadPart, sigmoid4, storePart, tanh4 } from "./math";
import { parallel, threadId } from "./pool";

/** Sequences of a chunk: the rows of a tile. */
const GROUP: i32 = 5;

@unmanaged
class GruArgs {
  out: usize; // (batch, length, width) hidden states; backward: the gradient of the starts
  gates: usize; // (batch, length, 3 width): in, the products with the inputs; out, reset, update and new gates
  inner: usize; // (batch, length, width): the new gate's share of the hidden state, before the reset gate
  start: usize; // (batch, width), 0: zeros
  mask: usize; // (batch, length) bytes, 0: step left out; address 0: none
  packed: usize; // weights of the hidden state; backward: transposed
  bias: usize;
  zeros: usize; // width zeros
  scratch: usize;
  gradient: usize;
  hidden: usize;
  inputSlopes: usize; // (batch, length, 3 width)
  hiddenSlopes: usize;
  batch: i32;
  length: i32;
  width: i32;
}

/** Floats of scratch for each thread. */
export function gruScratch(width: i32): i32 {
  return GROUP * 3 * ((width + 15) & ~15);
}

function prepare(gates: usize, inner: usize, start: usize, mask: usize, packed: usize, zeros: usize, scratch: usize): GruArgs {
  const args = changetype<GruArgs>(ARGS);
  args.gates = gates;
  args.inner = inner;
  args.start = start;
  args.mask = mask;
  args.packed = packed;
  args.zeros = zeros;
  args.scratch = scratch;
  return args;
}

/** Steps through every sequence; `gates` holds x W + b on entry. */
export function gruForward(
  out: usize,
  gates: usize,
  inner: usize,
  start: usize,
  mask: usize,
  packed: usize,
  bias: usize,
  zeros: usize,
  scratch: usize,
  batch: i32,
  length: i32,
  width: i32,
): void {
  memory.fill(zeros, 0, <usize>width << 2);
  const args = prepare(gates, inner, start, mask, packed, zeros, scratch);
  args.out = out;
  args.bias = bias;
  args.batch = batch;
  args.length = length;
  args.width = width;
  parallel(forwardChunk.index, (batch + GROUP - 1) / GROUP);
}

function forwardChunk(chunk: i32): void {
  const args = changetype<GruArgs>(ARGS);
  const width = args.width;
  const first = chunk * GROUP;
  const rows = min(GROUP, args.batch - first);
  const bytes = <usize>width << 2;
  const sequenceBytes = <usize>args.length * bytes;
  const products = args.scratch + <usize>(threadId() * gruScratch(width)) * 4;
  const productBytes = bytes * 3;
  for (let step = 0; step < args.length; step++) {
    const place = <usize>(first * args.length + step);
    // The states before this step: of the step before, the given ones, or zeros (stride 0 repeats the row).
    let before = args.out + (place - 1) * bytes;
    let beforeStride = sequenceBytes;
    if (step == 0) {
      before = args.start != 0 ? args.start + <usize>first * bytes : args.zeros;
      beforeStride = args.start != 0 ? bytes : 0;
    }
    multiplyBlock(products, productBytes, before, beforeStride, false, args.packed, width, width, 0, rows, 0, 3 * width, args.bias, false);
    for (let row: usize = 0; row < <usize>rows; row++) {
      const at = place + row * <usize>args.length;
      const state = before + row * beforeStride;
      if (args.mask != 0 && load<u8>(args.mask + at) == 0) memory.copy(args.out + at * bytes, state, bytes);
      else stepForward(args.out + at * bytes, args.gates + at * bytes * 3, args.inner + at * bytes, products + row * productBytes, state);
    }
  }
}

/** r = s(a + u), z = s(a + u), n = tanh(a + r u), h' = n + z (h - n), with a from the inputs and u from the state. */
function stepForward(out: usize, gates: usize, inner: usize, products: usize, state: usize): void {
  const bytes = <usize>changetype<GruArgs>(ARGS).width << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    const left = <i32>((bytes - at) >> 2);
    const part = left < 4;
    const a = gates + at;
    const u = products + at;
    const share = read(u + 2 * bytes, part, left);
    const reset = sigmoid4(f32x4.add(read(a, part, left), read(u, part, left)));
    const update = sigmoid4(f32x4.add(read(a + bytes, part, left), read(u + bytes, part, left)));
    const fresh = tanh4(f32x4.add(read(a + 2 * bytes, part, left), f32x4.mul(reset, share)));
    const before = read(state + at, part, left);
    write(a, reset, part, left);
    write(a + bytes, update, part, left);
    write(a + 2 * bytes, fresh, part, left);
    write(inner + at, share, part, left);
    write(out + at, f32x4.add(fresh, f32x4.mul(update, f32x4.sub(before, fresh))), part, left);
  }
}

// @ts-ignore: decorator
@inline
function read(at: usize, part: bool, left: i32): v128 {
  return part ? loadPart(at, left) : v128.load(at);
}

// @ts-ignore: decorator
@inline
function write(at: usize, x: v128, part: bool, left: i32): void {
  if (part) storePart(at, x, left);
  else v128.store(at, x);
}

/**
 * Steps back through every sequence: the slopes of the gates' products with inputs and states (batch, length, 3 width), and
 * the gradient of the starts in `out` (batch, width), which also serves as the running gradient of the state.
 */
export function gruBackward(
  out: usize,
  inputSlopes: usize,
  hiddenSlopes: usize,
  gradient: usize,
  hidden: usize,
  gates: usize,
  inner: usize,
  start: usize,
  mask: usize,
  packed: usize,
  zeros: usize,
  batch: i32,
  length: i32,
  width: i32,
): void {
  memory.fill(zeros, 0, <usize>width << 2);
  const args = prepare(gates, inner, start, mask, packed, zeros, 0);
  args.out = out;
  args.inputSlopes = inputSlopes;
  args.hiddenSlopes = hiddenSlopes;
  args.gradient = gradient;
  args.hidden = hidden;
  args.batch = batch;
  args.length = length;
  args.width = width;
  parallel(backwardChunk.index, (batch + GROUP - 1) / GROUP);
}

function backwardChunk(chunk: i32): void {
  const args = changetype<GruArgs>(ARGS);
  const width = args.width;
  const first = chunk * GROUP;
  const rows = min(GROUP, args.batch - first);
  const bytes = <usize>width << 2;
  const length = <usize>args.length;
  const running = args.out + <usize>first * bytes;
  memory.fill(running, 0, <usize>rows * bytes);
  for (let step = args.length - 1; step >= 0; step--) {
    const place = <usize>(first * args.length + step);
    for (let row: usize = 0; row < <usize>rows; row++) {
      const at = place + row * length;
      const wide = at * bytes * 3;
      if (args.mask != 0 && load<u8>(args.mask + at) == 0) {
        addTo(running + row * bytes, args.gradient + at * bytes, bytes);
        memory.fill(args.inputSlopes + wide, 0, bytes * 3);
        memory.fill(args.hiddenSlopes + wide, 0, bytes * 3);
        continue;
      }
      let state = args.hidden + (at - 1) * bytes;
      if (step == 0) state = args.start != 0 ? args.start + (<usize>first + row) * bytes : args.zeros;
      stepBackward(running + row * bytes, at, state);
    }
    const slopes = args.hiddenSlopes + place * bytes * 3;
    const slopeStride = length * bytes * 3;
    multiplyBlock(running, bytes, slopes, slopeStride, false, args.packed, 3 * width, 3 * width, 0, rows, 0, width, 0, true);
  }
}

function addTo(out: usize, x: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 4) store<f32>(out + at, load<f32>(out + at) + load<f32>(x + at));
}

function stepBackward(running: usize, place: usize, state: usize): void {
  const args = changetype<GruArgs>(ARGS);
  const bytes = <usize>args.width << 2;
  const gates = args.gates + place * bytes * 3;
  const inner = args.inner + place * bytes;
  const gradient = args.gradient + place * bytes;
  const inputSlopes = args.inputSlopes + place * bytes * 3;
  const hiddenSlopes = args.hiddenSlopes + place * bytes * 3;
  const one = f32x4.splat(1);
  for (let at: usize = 0; at < bytes; at += 16) {
    const left = <i32>((bytes - at) >> 2);
    const part = left < 4;
    const reset = read(gates + at, part, left);
    const update = read(gates + bytes + at, part, left);
    const fresh = read(gates + 2 * bytes + at, part, left);
    const share = read(inner + at, part, left);
    const slope = f32x4.add(read(running + at, part, left), read(gradient + at, part, left));
    const keep = f32x4.sub(one, update);
    const ofFresh = f32x4.mul(f32x4.mul(slope, keep), f32x4.sub(one, f32x4.mul(fresh, fresh)));
    const apart = f32x4.sub(read(state + at, part, left), fresh);
    const ofUpdate = f32x4.mul(f32x4.mul(slope, apart), f32x4.mul(update, keep));
    const ofReset = f32x4.mul(f32x4.mul(ofFresh, share), f32x4.mul(reset, f32x4.sub(one, reset)));
    write(inputSlopes + at, ofReset, part, left);
    write(inputSlopes + bytes + at, ofUpdate, part, left);
    write(inputSlopes + 2 * bytes + at, ofFresh, part, left);
    write(hiddenSlopes + at, ofReset, part, left);
    write(hiddenSlopes + bytes + at, ofUpdate, part, left);
    write(hiddenSlopes + 2 * bytes + at, f32x4.mul(ofFresh, reset), part, left);
    write(running + at, f32x4.mul(slope, update), part, left);
  }
}

/** out (batch, length, width) = the states before each step. */
export function gruStatesBefore(out: usize, hidden: usize, start: usize, batch: i32, length: i32, width: i32): void {
  const bytes = <usize>width << 2;
  const sequence = <usize>length * bytes;
  for (let row: usize = 0; row < <usize>batch; row++) {
    const to = out + row * sequence;
    if (start != 0) memory.copy(to, start + row * bytes, bytes);
    else memory.fill(to, 0, bytes);
    memory.copy(to + bytes, hidden + row * sequence, sequence - bytes);
  }
}


