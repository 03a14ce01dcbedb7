import { HOUR_MS, throwIfCancelled, type Interactions } from "@sequitur/core";
import { transpose, type FitRun, type SparseRows } from "@sequitur/recommender";
import { setImmediate as nextTurn } from "node:timers/promises";
import { rowWeights } from "./half-life.js";
import { keptRows, type KeptRow } from "./kept-rows.js";
import { Largest } from "./largest.js";

/** Which pairs of a user's interactions count, and how much. */
export interface PairWeighting {
  /** Interactions after an item that are paired with it. */
  readonly window: number;
  /** A pair `distance` interactions apart counts distance^-distancePower. */
  readonly distancePower: number;
  /** A pair counts this much for the opposite direction; 0: only what followed, 1: both directions alike. */
  readonly backward: number;
  /** Hours between the two after which a pair counts half; null: the gap does not matter. */
  readonly gapHalfLifeHours: number | null;
  /** Days before the newest training interaction at which a pair counts half; null: age does not matter. */
  readonly halfLifeDays: number | null;
  /** Entries kept for each item, the largest ones. */
  readonly neighbours: number;
}

/**
 * (N, N) by row i the weight with which j goes with i: the sum over pairs (i, then j) of one user, at most `window`
 * interactions apart, of distance^-distancePower 2^(-gap / gapHalfLife) 2^(-age / halfLife) times the value of j; pairs (j, then i) add
 * `backward` times as much. An item is never paired with itself. O(interactions x window) time, O(interactions) memory
 * beside the result.
 */
export async function coOccurrenceCounts(
  train: Interactions,
  weighting: PairWeighting,
  run: Pick<FitRun, "signal" | "report">,
): Promise<SparseRows> {
  const size = train.catalog.items.size;
  const { rows, offsets: places } = rowsByItem(train.items, size);
  const weightOf = pairWeights(train, weighting);
  const sums = new Float64Array(size);
  const touched = new Int32Array(size);
  const best = new Largest(weighting.neighbours);
  const kept: KeptRow[] = [];
  for (let item = 0; item < size; item++) {
    if (item % 256 === 0) {
      await nextTurn(); // so that a cancellation can arrive
      throwIfCancelled(run.signal);
      run.report?.({ task: "fit co-occurrence", done: item, total: size, unit: "items" });
    }
    let count = 0;
    for (let p = places[item]!; p < places[item + 1]!; p++) {
      count = addPairs(sums, touched, count, train, rows[p]!, weighting, weightOf);
    }
    for (const other of touched.subarray(0, count)) {
      if (other !== item) best.offer(other, sums[other]!);
      sums[other] = 0;
    }
    kept.push(best.drain());
  }
  run.report?.({ task: "fit co-occurrence", done: size, total: size, unit: "items" });
  // Transposed twice the columns ascend.
  return transpose(transpose(keptRows(kept), size), size);
}

/** Adds what one occurrence of an item is paired with to `sums`; returns how many items of `touched` have a sum. */
function addPairs(
  sums: Float64Array,
  touched: Int32Array,
  count: number,
  { users, items }: Interactions,
  row: number,
  { window, backward }: PairWeighting,
  weightOf: (earlier: number, later: number) => number,
): number {
  const add = (other: number, weight: number): void => {
    if (weight === 0) return;
    const item = items[other]!;
    if (sums[item] === 0) touched[count++] = item;
    sums[item]! += weight;
  };
  for (let next = row + 1; next <= row + window && users[next] === users[row]; next++) {
    add(next, weightOf(row, next));
  }
  if (backward === 0) return count;
  for (let last = row - 1; last >= row - window && users[last] === users[row]; last--) {
    add(last, backward * weightOf(last, row));
  }
  return count;
}

/** Weight of the pair of two rows of one user, the earlier first. */
function pairWeights(
  train: Interactions,
  { distancePower, gapHalfLifeHours, halfLifeDays, window }: PairWeighting,
): (earlier: number, later: number) => number {
  const byDistance = Float64Array.from(
    { length: window + 1 },
    (_, distance) => Math.max(1, distance) ** -distancePower,
  );
  const { times } = train;
  const weights = rowWeights(train, halfLifeDays);
  return (earlier, later) => {
    let weight = byDistance[later - earlier]!;
    if (gapHalfLifeHours !== null) weight *= 2 ** (-(times[later]! - times[earlier]!) / (gapHalfLifeHours * HOUR_MS));
    if (weights !== undefined) weight *= weights[later]!;
    return weight;
  };
}

/** The rows of each item, ascending. */
function rowsByItem(items: Int32Array, size: number): { readonly rows: Int32Array; readonly offsets: Int32Array } {
  const offsets = new Int32Array(size + 1);
  for (const item of items) offsets[item + 1]! += 1;
  for (let item = 0; item < size; item++) offsets[item + 1]! += offsets[item]!;
  const next = offsets.slice();
  const rows = new Int32Array(items.length);
  for (const [row, item] of items.entries()) rows[next[item]!++] = row;
  return { rows, offsets };
}
