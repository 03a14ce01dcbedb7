import { listOf, PlatformError, type RaggedItems } from "@sequitur/core";
import type { ItemCategories } from "./item-categories.js";
import { checkLists, topOf } from "./top-of-list.js";

export interface CalibrationOptions {
  /** Weight of the history's distribution in the smoothed one of the list, in (0, 1]; keeps the divergence finite. */
  readonly alpha?: number;
}

/**
 * (B) Kullback-Leibler divergence, in nats, of the categories of the top k from those of the history (Steck 2018, eq.
 * 4-5): sum over g of p(g) ln(p(g) / q~(g)), q~ = (1 - alpha) q + alpha p. 0 is perfectly calibrated, -ln(alpha) the
 * most. Every item weighs the same and spreads its weight evenly over its categories; items without one are left out.
 * NaN when history or list has no category at all.
 */
export function calibration(
  lists: RaggedItems,
  k: number,
  histories: RaggedItems,
  categories: ItemCategories,
  options: CalibrationOptions = {},
): Float64Array {
  const alpha = options.alpha ?? 0.01;
  const size = lists.offsets.length - 1;
  if (!(alpha > 0 && alpha <= 1)) throw new PlatformError("bad-config", `alpha must be in (0, 1], got ${alpha}.`);
  if (histories.offsets.length !== size + 1) {
    const came = histories.offsets.length - 1;
    throw new PlatformError("bad-config", `histories must have one list for each of ${size} queries, got ${came}.`);
  }
  const itemCount = categories.offsets.length - 1;
  checkLists(lists, k, itemCount);
  checkLists(histories, k, itemCount);
  const wanted = new Float64Array(categories.names.length);
  const given = new Float64Array(categories.names.length);
  const divergences = new Float64Array(size);
  for (let row = 0; row < size; row++) {
    const history = listOf(histories, row);
    const top = topOf(lists, row, k);
    const wantedSum = addShares(wanted, history, categories);
    const givenSum = addShares(given, top, categories);
    divergences[row] = divergence(wanted, wantedSum, given, givenSum, alpha);
    wanted.fill(0);
    given.fill(0);
  }
  return divergences;
}

/** Adds each item's categories to `out`, 1 an item in all; the number of items that had any. */
function addShares(out: Float64Array, items: Int32Array, categories: ItemCategories): number {
  const { offsets, indices } = categories;
  let counted = 0;
  for (const item of items) {
    const start = offsets[item]!;
    const end = offsets[item + 1]!;
    if (end > start) counted++;
    for (let at = start; at < end; at++) out[indices[at]!]! += 1 / (end - start);
  }
  return counted;
}

function divergence(wanted: Float64Array, wantedSum: number, given: Float64Array, givenSum: number, alpha: number) {
  if (wantedSum === 0 || givenSum === 0) return Number.NaN;
  let sum = 0;
  for (let g = 0; g < wanted.length; g++) {
    const p = wanted[g]! / wantedSum;
    if (p > 0) sum += p * Math.log(p / ((1 - alpha) * (given[g]! / givenSum) + alpha * p));
  }
  // Rounding may leave a tiny negative number where the distributions are equal.
  return Math.max(sum, 0);
}
