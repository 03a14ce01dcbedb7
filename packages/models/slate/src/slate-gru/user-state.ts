import { POSITIVE, positiveHistory, sliceQueries, type QueryBatch } from "@sequitur/core";
import { engineFor, type Floats, type Scratch } from "@sequitur/kernels";
import { clampKeep, slotOf, type Slot } from "./globals.js";
import type { Posterior } from "./posterior.js";
import { startState } from "./start-state.js";

/** The clicks of query b that the state is made of: the last `maxSlates` on known items; what was not wanted is no click. */
export function clicksOfQuery(posterior: Posterior, batch: QueryBatch, b: number): Int32Array {
  const { roles, offsets } = batch;
  if (roles?.subarray(offsets[b], offsets[b + 1]).some((role) => role !== POSITIVE)) {
    return clicksOfQuery(posterior, positiveHistory(sliceQueries(batch, b, b + 1)), 0);
  }
  const from = Math.max(batch.offsets[b]!, batch.offsets[b + 1]! - posterior.config.maxSlates);
  const items = batch.items.subarray(from, batch.offsets[b + 1]);
  return items.every((item) => item >= 0) ? items : items.filter((item) => item >= 0);
}

/** (D) h_0: mean and scale. */
export interface Start {
  readonly mean: Float32Array;
  readonly scale: Float32Array;
}

/** The first state: that of everybody, or as published amortised over the clicks. */
export function startOf(posterior: Posterior, clicks: Int32Array): Start {
  const { config, globals, itemMeans, otherMeans, otherScales } = posterior;
  if (config.compat === "none") {
    const s = otherMeans[globals.start.from]!;
    return {
      mean: slotOf(otherMeans, globals.startMean).slice(),
      scale: slotOf(otherScales, globals.startMean).map((scale) => Math.hypot(scale, s)),
    };
  }
  const mean = new Float32Array(config.width);
  const scale = new Float32Array(config.width);
  const factor = startState(mean, scale, clicks, itemMeans) ? otherMeans[globals.start.from]! : 1;
  for (let j = 0; j < scale.length; j++) scale[j]! *= factor;
  return { mean, scale };
}

/** (D) z: the preference of a user after these clicks, all parameters at their posterior means. */
export function userPreference(posterior: Posterior, clicks: Int32Array, user: number): Float32Array {
  const z = preferenceFrom(posterior, startOf(posterior, clicks).mean, clicks);
  const offset = posterior.offsets.get(user);
  if (offset !== undefined) for (let j = 0; j < z.length; j++) z[j]! += offset[j]!;
  return z;
}

/** (D) z from a given first state on, all parameters at their posterior means. */
export function preferenceFrom(posterior: Posterior, start: Float32Array, clicks: Int32Array): Float32Array {
  const { config, globals, itemMeans, otherMeans } = posterior;
  const { width } = config;
  return engineFor(1).memory.withScratch((scratch) => {
    const others = copied(otherMeans.subarray(globals.keep.from), scratch);
    const x = scratch.floats(clicks.length * width);
    for (const [place, item] of clicks.entries()) {
      x.array.set(itemMeans.subarray(item * width, (item + 1) * width), place * width);
    }
    return clickState(posterior, others, start, x, scratch);
  });
}

/** (D) z from a first state (D) on, after clicks on x (n, D); `others` are the parameters from `keep` on. */
export function clickState(
  { config, globals }: Posterior,
  others: Floats,
  start: Float32Array,
  x: Floats,
  scratch: Scratch,
): Float32Array {
  const { width } = config;
  const slot = ({ from, size }: Slot): Floats => others.part(from - globals.keep.from, size);
  if (config.state === "gru") {
    const h =
      x.length === 0
        ? start
        : lastState(slot(globals.input), slot(globals.hidden), slot(globals.gateBias), start, x, scratch);
    return rowTimes(h, slot(globals.output).array, width);
  }
  const h = start.slice();
  const keep = clampKeep(slot(globals.keep).array[0]!);
  const vectors = x.array;
  for (let at = 0; at < vectors.length; at += width) {
    for (let j = 0; j < width; j++) h[j] = keep * h[j]! + (1 - keep) * vectors[at + j]!;
  }
  return h;
}

/**
 * (D) the state of the GRU after x (n, D): r = s(x Wr + h Ur + br), d likewise, n = tanh(x Wn + r (h Un) + bn),
 * h = (1 - d) n + d h.
 */
function lastState(
  input: Floats,
  hidden: Floats,
  inputBias: Floats,
  start: Float32Array,
  x: Floats,
  scratch: Scratch,
): Float32Array {
  const width = start.length;
  const length = x.length / width;
  const none = scratch.floats(3 * width);
  none.array.fill(0);
  const states = scratch.floats(length * width);
  const saved = { gates: scratch.floats(3 * length * width), inner: scratch.floats(length * width) };
  const weights = { input, hidden, inputBias, hiddenBias: none };
  const shape = { batch: 1, length, inputs: width, width };
  engineFor(1).kernels.gru(states, saved, x, weights, copied(start, scratch), shape);
  return states.array.subarray((length - 1) * width);
}

function copied(values: Float32Array, scratch: Scratch): Floats {
  const block = scratch.floats(values.length);
  block.array.set(values);
  return block;
}

/** (columns) row W, W (row.length, columns). */
function rowTimes(row: Float32Array, matrix: Float32Array, columns: number): Float32Array {
  const out = new Float32Array(columns);
  for (let i = 0; i < row.length; i++) {
    const value = row[i]!;
    for (let j = 0; j < columns; j++) out[j]! += value * matrix[i * columns + j]!;
  }
  return out;
}
