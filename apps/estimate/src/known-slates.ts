import { NONE } from "@sequitur/core";
import type { LoggedBandit, LoggedSlates, SlatePropensities } from "@sequitur/metrics";
import type { SlateChunk } from "./log/slate-chunk.js";
import { isKnown } from "./log/survey.js";
import type { Evaluation } from "./policies/evaluated-policy.js";

/** Slates of a chunk from place `from` of the log on, whose probabilities in `column` are all known. */
export function knownSlates(chunk: SlateChunk, column: Float64Array, from: number): Int32Array {
  const rows: number[] = [];
  for (let slate = Math.max(0, from - chunk.start); slate < chunk.size; slate++) {
    if (isKnown(chunk.offsets, column, slate)) rows.push(slate);
  }
  return Int32Array.from(rows);
}

/** Places of slates, with the bucket of each. */
export function placesOf(chunk: SlateChunk, slates: Int32Array): { places: Int32Array; buckets: Int32Array } {
  const places: number[] = [];
  const buckets: number[] = [];
  for (const slate of slates) {
    for (let place = chunk.offsets[slate]!; place < chunk.offsets[slate + 1]!; place++) {
      places.push(place);
      buckets.push(chunk.buckets[slate]!);
    }
  }
  return { places: Int32Array.from(places), buckets: Int32Array.from(buckets) };
}

/** Shown positions as single choices. */
export function choicesOf(chunk: SlateChunk, places: Int32Array, evaluation: Evaluation): LoggedBandit {
  return {
    actions: places.map((place) => chunk.items[place]!),
    propensities: pick(chunk.propensities, places),
    rewards: pick(chunk.rewards, places),
    positions: places.map((place) => chunk.positions[place]!),
    evaluation: pick(evaluation.marginals, places),
  };
}

/** Whole slates, and a pair of probability columns beside them; shorter slates are padded. */
export function slatesOf(
  chunk: SlateChunk,
  slates: Int32Array,
  columns: { readonly logging: Float64Array; readonly evaluation: Float64Array },
  length: number,
): { readonly log: LoggedSlates; readonly pair: SlatePropensities; readonly buckets: Int32Array } {
  const items = new Int32Array(slates.length * length).fill(NONE);
  const rewards = new Float64Array(items.length);
  const logging = new Float64Array(items.length).fill(1);
  const evaluation = new Float64Array(items.length).fill(1);
  for (const [row, slate] of slates.entries()) {
    const [from, to] = [chunk.offsets[slate]!, chunk.offsets[slate + 1]!];
    const at = row * length;
    items.set(chunk.items.subarray(from, to), at);
    rewards.set(chunk.rewards.subarray(from, to), at);
    logging.set(columns.logging.subarray(from, to), at);
    evaluation.set(columns.evaluation.subarray(from, to), at);
  }
  const buckets = slates.map((slate) => chunk.buckets[slate]!);
  return { log: { length, items, rewards }, pair: { logging, evaluation }, buckets };
}

function pick(column: Float64Array, places: Int32Array): Float64Array {
  return Float64Array.from(places, (place) => column[place]!);
}
