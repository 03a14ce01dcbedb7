import type { Slate } from "@sequitur/core";

/** Slates drawn for one shown slate, at most: an item rarer than 1 in so many is left unknown. */
export const MOST_DRAWS = 4_096;

export interface Sampling {
  /** M, slates that are drawn in any case. */
  readonly draws: number;
  /** Further slates of the policy for the same query, independent of the shown one. */
  readonly next: (count: number) => readonly Int32Array[];
  /** Uniform in [0, 1): how long the search for an item that is not found goes on. */
  readonly uniform: number;
}

/**
 * A slate whose propensities p are sampled such that 1 / p is an unbiased estimate W of 1 / P. Were slates drawn until one
 * has the item at its place, their number N would be geometric, E N = 1 / P. Of M slates with H hits,
 *   W = E[N | H] = (M + 1) / (H + 1) where H > 0;
 *   W = M + sum over j >= M of [no hit among j] [R > j] / P(R > j) where H = 0, drawing on while R > j.
 * R = M / U stops the search at random, P(R > j) = M / j, and the division makes up for it; M (1 + ln(n / M)) slates are
 * drawn in the mean, n the number of items that may be shown. After MOST_DRAWS an item is left unknown. Conditionals
 * are unknown. The standard error of p is sqrt(p (1 - p) / (M + 1)).
 */
export function sampledSlate(items: Int32Array, { draws, next, uniform }: Sampling): Slate {
  const size = items.length;
  const hits = new Int32Array(size);
  for (const other of next(draws)) {
    for (let at = 0; at < size; at++) if (other[at] === items[at]) hits[at]! += 1;
  }
  const inverses = Float64Array.from(hits, (hit) => (hit > 0 ? (draws + 1) / (hit + 1) : draws));
  const missing = new Set(Array.from(hits.keys()).filter((at) => hits[at] === 0));
  const last = draws / (1 - uniform);
  for (let drawn = draws; missing.size > 0 && drawn < last;) {
    if (drawn >= MOST_DRAWS) {
      for (const at of missing) inverses[at] = Number.NaN;
      break;
    }
    // As many at once as there were: draws of one request share a pass over the items.
    for (const other of next(Math.min(drawn, MOST_DRAWS - drawn))) {
      if (drawn >= last) break;
      for (const at of missing) {
        inverses[at]! += drawn / draws;
        if (other[at] === items[at]) missing.delete(at);
      }
      drawn += 1;
    }
  }
  const propensities = inverses.map((inverse) => 1 / inverse);
  const standardErrors = propensities.map((p) => Math.sqrt((p * (1 - p)) / (draws + 1)));
  const conditionals = new Float64Array(size).fill(Number.NaN);
  const kind = propensities.every(Number.isNaN) ? "unknown" : "estimated";
  return { items, kind, propensities, conditionals, ...(kind === "estimated" && { standardErrors }) };
}
