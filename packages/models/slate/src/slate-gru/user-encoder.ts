import type { Bytes, Engine, Floats, GruShape, Scratch } from "@sequitur/kernels";
import { clampKeep, slotOf, type Globals, type Slot } from "./globals.js";

/** A batch of B click sequences, padded to L clicks. */
export interface ClickBatch {
  readonly size: number;
  /** L. */
  readonly length: number;
  readonly width: number;
  /** (B, D) first states. */
  readonly start: Floats;
  /** (B, L, D) vectors of the clicked items, 0 behind the end. */
  readonly x: Floats;
  /** (B, L) 1 at a click, 0 behind the end. */
  readonly mask: Bytes;
}

/** States of a batch, and the way back. */
export interface EncodedUsers {
  /** (B, L + 1, D) z after so many clicks. */
  readonly z: Floats;
  /** Given gz (B, L + 1, D): adds to the gradient of the globals, replaces those of start (B, D) and x (B, L, D). */
  backward(gradient: Float32Array, gStart: Floats, gx: Floats, gz: Floats): void;
}

/** h' = gamma h + (1 - gamma) v at each click, z = h. */
export function encodeLinear(
  scratch: Scratch,
  { size, length, width, start, x, mask }: ClickBatch,
  values: Float32Array,
  { keep: slot }: Globals,
): EncodedUsers {
  const z = scratch.floats(size * (length + 1) * width);
  const drawn = values[slot.from]!;
  const keep = clampKeep(drawn);
  for (let b = 0; b < size; b++) {
    z.array.set(start.array.subarray(b * width, (b + 1) * width), b * (length + 1) * width);
    for (let step = 0; step < length; step++) {
      const from = (b * (length + 1) + step) * width;
      const click = (b * length + step) * width;
      const gamma = mask.array[b * length + step] === 1 ? keep : 1;
      for (let j = 0; j < width; j++) {
        z.array[from + width + j] = gamma * z.array[from + j]! + (1 - gamma) * x.array[click + j]!;
      }
    }
  }
  const backward: EncodedUsers["backward"] = (gradient, gStart, gx, gz) => {
    let ofKeep = 0;
    for (let b = 0; b < size; b++) {
      for (let step = length - 1; step >= 0; step--) {
        const from = (b * (length + 1) + step) * width;
        const click = (b * length + step) * width;
        const gamma = mask.array[b * length + step] === 1 ? keep : 1;
        for (let j = 0; j < width; j++) {
          const slope = gz.array[from + width + j]!;
          if (gamma !== 1) ofKeep += slope * (z.array[from + j]! - x.array[click + j]!);
          gz.array[from + j]! += gamma * slope;
          gx.array[click + j] = (1 - gamma) * slope;
        }
      }
      const first = b * (length + 1) * width;
      gStart.array.set(gz.array.subarray(first, first + width), b * width);
    }
    if (keep === drawn) gradient[slot.from]! += ofKeep;
  };
  return { z, backward };
}

/** The GRU of the kernels with biases of the gates alone, z = h W at each click. */
export function encodeGru(
  engine: Engine,
  scratch: Scratch,
  batch: ClickBatch,
  values: Float32Array,
  globals: Globals,
): EncodedUsers {
  const { size, length, width, start, x, mask } = batch;
  const part = (slot: Slot): Floats => filled(scratch, slotOf(values, slot));
  const zero = filled(scratch, new Float32Array(3 * width));
  const weights = {
    input: part(globals.input),
    hidden: part(globals.hidden),
    inputBias: part(globals.gateBias),
    hiddenBias: zero,
  };
  const output = part(globals.output);
  const shape: GruShape = { batch: size, length, inputs: width, width, mask };
  const hidden = scratch.floats(size * length * width);
  const saved = { gates: scratch.floats(size * length * width * 3), inner: scratch.floats(size * length * width) };
  if (length > 0) engine.kernels.gru(hidden, saved, x, weights, start, shape);
  const states = joinedStates(scratch, batch, hidden);
  const rows = states.length / width;
  const z = scratch.floats(rows * width);
  engine.kernels.matmul(z, states, output, { m: rows, n: width, k: width });
  const backward: EncodedUsers["backward"] = (gradient, gStart, gx, gz) => {
    const gStates = scratch.floats(rows * width);
    engine.kernels.matmul(gStates, gz, output, { m: rows, n: width, k: width, transposeB: true });
    const gOutput = scratch.floats(width * width);
    engine.kernels.matmul(gOutput, states, gz, { m: width, n: width, k: rows, transposeA: true });
    addTo(slotOf(gradient, globals.output), gOutput.array);
    gStart.array.fill(0);
    if (length > 0) gruBackward(gradient, gStart, gx, gStates);
    for (let b = 0; b < size; b++) {
      const from = b * (length + 1) * width;
      addTo(gStart.array.subarray(b * width, (b + 1) * width), gStates.array.subarray(from, from + width));
    }
  };
  const gruBackward = (gradient: Float32Array, gStart: Floats, gx: Floats, gStates: Floats): void => {
    const gHidden = scratch.floats(size * length * width);
    for (let b = 0; b < size; b++) {
      const from = (b * (length + 1) + 1) * width;
      gHidden.array.set(gStates.array.subarray(from, from + length * width), b * length * width);
    }
    const of = (like: Floats): Floats => scratch.floats(like.length);
    const out = {
      input: of(weights.input),
      hidden: of(weights.hidden),
      inputBias: of(zero),
      hiddenBias: of(zero),
      x: gx,
      start: gStart,
    };
    engine.kernels.gruGradient(out, gHidden, hidden, saved, x, weights, start, shape);
    addTo(slotOf(gradient, globals.input), out.input.array);
    addTo(slotOf(gradient, globals.hidden), out.hidden.array);
    addTo(slotOf(gradient, globals.gateBias), out.inputBias.array);
  };
  return { z, backward };
}

/** (B, L + 1, D) first states and those after each click. */
function joinedStates(scratch: Scratch, { size, length, width, start }: ClickBatch, hidden: Floats): Floats {
  const states = scratch.floats(size * (length + 1) * width);
  for (let b = 0; b < size; b++) {
    const to = b * (length + 1) * width;
    states.array.set(start.array.subarray(b * width, (b + 1) * width), to);
    states.array.set(hidden.array.subarray(b * length * width, (b + 1) * length * width), to + width);
  }
  return states;
}

function filled(scratch: Scratch, values: Float32Array): Floats {
  const block = scratch.floats(values.length);
  block.array.set(values);
  return block;
}

function addTo(out: Float32Array, values: Float32Array): void {
  for (let i = 0; i < values.length; i++) out[i]! += values[i]!;
}
