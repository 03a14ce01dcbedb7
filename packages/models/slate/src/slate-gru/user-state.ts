import { NONE, type QueryBatch } from "@sequitur/core";
import { normalAt, normalRow, rowStream } from "./counter-normal.js";
import { clampKeep, slotOf } from "./globals.js";
import type { Posterior } from "./posterior.js";
import { startState } from "./start-state.js";

/** Parameters at their means, or at one draw. */
export interface Parameters {
  /** (globals.size). */
  readonly others: Float32Array;
  /** Names the draw of items and first states; undefined: all at their means. */
  readonly key: number | undefined;
}

/** Rows of the streams that are no items. */
const OTHER_ROW = 0x7fffffff;
const START_ROW = 0x70000000;
const OFFSET_ROW = 0x70000001;

/** All parameters at their posterior means. */
export function meanParameters({ otherMeans }: Posterior): Parameters {
  return { others: otherMeans, key: undefined };
}

/** One posterior draw of all parameters; items are drawn when they are read. */
export function drawParameters({ config, globals, otherMeans, otherScales }: Posterior, key: number): Parameters {
  const others = otherMeans.slice();
  const stream = rowStream(key, OTHER_ROW);
  // The groups speak through the items alone once these have a posterior of their own.
  const used = config.state === "gru" ? globals.size : globals.start.from;
  for (let at = globals.bias.from; at < used; at++) others[at]! += otherScales[at]! * normalAt(stream, at);
  return { others, key };
}

/** out (D) = the vector of an item under these parameters. */
export function itemVector(out: Float32Array, posterior: Posterior, parameters: Parameters, item: number): void {
  const { itemMeans, itemScales } = posterior;
  const at = item * out.length;
  out.set(itemMeans.subarray(at, at + out.length));
  if (parameters.key === undefined) return;
  const stream = rowStream(parameters.key, item);
  for (let j = 0; j < out.length; j++) out[j]! += itemScales[at + j]! * normalAt(stream, j);
}

/** The clicks of query b that the state is made of: the last `maxSlates` on known items. */
export function clicksOfQuery(posterior: Posterior, batch: QueryBatch, b: number): Int32Array {
  const from = Math.max(batch.offsets[b]!, batch.offsets[b + 1]! - posterior.config.maxSlates);
  const items = batch.items.subarray(from, batch.offsets[b + 1]);
  return items.every((item) => item >= 0) ? items : items.filter((item) => item >= 0);
}

/** (D) z: the preference of a user after these clicks, under these parameters. */
export function userPreference(
  posterior: Posterior,
  parameters: Parameters,
  clicks: Int32Array,
  user: number,
): Float32Array {
  const start = firstState(posterior, parameters, clicks);
  const z = preferenceFrom(posterior, parameters, start, clicks);
  const offset = user === NONE ? undefined : posterior.offsets.get(user);
  if (offset === undefined) return z;
  const { width } = posterior.config;
  const stream = parameters.key === undefined ? undefined : rowStream(parameters.key, OFFSET_ROW);
  for (let j = 0; j < width; j++) {
    z[j]! += offset[j]! + (stream === undefined ? 0 : offset[width + j]! * normalAt(stream, j));
  }
  return z;
}

/** (D) h_0, amortised over the clicks, at its mean or drawn. */
export function firstState(posterior: Posterior, { others, key }: Parameters, clicks: Int32Array): Float32Array {
  const { config, globals, itemMeans } = posterior;
  const mean = new Float32Array(config.width);
  const scale = new Float32Array(config.width);
  const isAmortised = startState(mean, scale, clicks, itemMeans);
  if (key === undefined) return mean;
  const noise = new Float32Array(config.width);
  normalRow(noise, key, START_ROW);
  const factor = isAmortised ? others[globals.start.from]! : 1;
  return mean.map((value, j) => value + factor * scale[j]! * noise[j]!);
}

/** (D) z from a given first state on. */
export function preferenceFrom(
  posterior: Posterior,
  parameters: Parameters,
  start: Float32Array,
  clicks: Int32Array,
): Float32Array {
  const { config, globals } = posterior;
  const { others } = parameters;
  const { width } = config;
  const h = start.slice();
  const x = new Float32Array(width);
  const gates = config.state === "gru" ? gruStep(posterior, parameters) : undefined;
  const keep = clampKeep(others[globals.keep.from]!);
  for (const item of clicks) {
    itemVector(x, posterior, parameters, item);
    if (gates) gates(h, x);
    else for (let j = 0; j < width; j++) h[j] = keep * h[j]! + (1 - keep) * x[j]!;
  }
  return gates ? rowTimes(h, slotOf(others, globals.output), width) : h;
}

/** One step of the GRU, in place: r = s(x Wr + h Ur), d likewise, n = tanh(x Wn + r (h Un)), h = (1 - d) n + d h. */
function gruStep({ config, globals }: Posterior, { others }: Parameters): (h: Float32Array, x: Float32Array) => void {
  const { width } = config;
  const input = slotOf(others, globals.input);
  const hidden = slotOf(others, globals.hidden);
  return (h, x) => {
    const fromX = rowTimes(x, input, 3 * width);
    const fromH = rowTimes(h, hidden, 3 * width);
    for (let j = 0; j < width; j++) {
      const reset = sigmoid(fromX[j]! + fromH[j]!);
      const update = sigmoid(fromX[width + j]! + fromH[width + j]!);
      const fresh = Math.tanh(fromX[2 * width + j]! + reset * fromH[2 * width + j]!);
      h[j] = (1 - update) * fresh + update * h[j]!;
    }
  };
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

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
