import { NEGATIVE, type Interactions } from "@sequitur/core";
import { rowWeights } from "./half-life.js";

/**
 * What an item's positives count after its negatives: p p / (p + q) for summed weights p of positives and q of negatives.
 * Never below 0, p without negatives, and half of p where as much is disliked as liked.
 */
export function approved(positive: number, negative: number): number {
  return negative === 0 ? positive : (positive * positive) / (positive + negative);
}

/** (N) each item's share of what counts; all interactions alike without values; zeros where nothing counts. */
export function itemShares(train: Interactions, halfLifeDays: number | null = null): Float32Array {
  const { items, size, catalog, context } = train;
  const weights = rowWeights(train, halfLifeDays);
  const shares = new Float32Array(catalog.items.size);
  if (weights === undefined && context.role === undefined) {
    for (const item of items) shares[item]! += 1;
    for (let item = 0; item < shares.length; item++) shares[item]! /= Math.max(1, size);
    return shares;
  }
  const liked = new Float64Array(shares.length);
  const disliked = new Float64Array(shares.length);
  for (let row = 0; row < size; row++) {
    const side = context.role?.[row] === NEGATIVE ? disliked : liked;
    side[items[row]!]! += weights?.[row] ?? 1;
  }
  let total = 0;
  for (let item = 0; item < shares.length; item++) total += liked[item] = approved(liked[item]!, disliked[item]!);
  for (let item = 0; item < shares.length; item++) shares[item] = total === 0 ? 0 : liked[item]! / total;
  return shares;
}
