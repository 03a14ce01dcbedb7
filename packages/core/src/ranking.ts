import type { RaggedItems } from "./ragged.js";

/** For each query its items, best first, with the scores that ordered them. Lists may be shorter than asked. */
export interface Ranking extends RaggedItems {
  /** (offsets[B]) aligned with items, descending within a list. */
  readonly scores: Float32Array;
}

/** What is shown for one request: items in order, and P(the policy shows this item at this position | query). */
export interface Slate {
  /** (K) item index. */
  readonly items: Int32Array;
  /** (K) in (0, 1]. */
  readonly propensities: Float64Array;
  /** (K) P(this item at this position | query, the items above it), in (0, 1]; absent where it has no closed form. */
  readonly conditionals?: Float64Array;
  /** (K) standard errors of the propensities, where they are Monte Carlo estimates; absent where they are exact. */
  readonly standardErrors?: Float64Array;
}
