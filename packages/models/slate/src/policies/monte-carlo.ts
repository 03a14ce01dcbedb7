import type { Slate } from "@sequitur/core";

/** An estimate of how likely a slate's positions are from other slates of the same policy for the same query. */
export interface SlateEstimate {
  /** Independent slates that the estimate is worth; 0: only the shown one is known. */
  readonly count: number;
  /** (K) in how many of them the position holds the shown item; a mean over reuses may be a fraction. */
  readonly hits: Float64Array;
}

/**
 * A slate with Monte Carlo propensities p = (1 + hits) / (1 + count), never 0 because the shown slate counts as one draw
 * (a bias of at most 1 / (1 + count)), and standard errors sqrt(p (1 - p) / (1 + count)). Without draws p is 1 and its
 * error NaN: unknown.
 */
export function estimatedSlate(items: Int32Array, { count, hits }: SlateEstimate): Slate {
  const propensities = hits.map((hit) => (1 + hit) / (1 + count));
  const standardErrors = propensities.map((p) => (count === 0 ? Number.NaN : Math.sqrt((p * (1 - p)) / (1 + count))));
  return { items, propensities, standardErrors };
}
