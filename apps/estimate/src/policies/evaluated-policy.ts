import type { SlateChunk } from "../log/slate-chunk.js";

/** A policy under evaluation: what it would have made of the logged situations. */
export interface EvaluatedPolicy {
  readonly name: string;
  /** How its probabilities are known, in words. */
  readonly basis: string;
  /** Whether it gives P(item | items above), and P(item) for every item at a position. */
  readonly hasConditionals: boolean;
  readonly hasDistribution: boolean;
  evaluate(chunk: SlateChunk): Evaluation;
}

/** Its probabilities for a chunk. */
export interface Evaluation {
  /** (P) P(the policy shows the logged item at its position | query), in [0, 1]. */
  readonly marginals: Float64Array;
  /** (P) P(the logged item | query, the logged items above), in [0, 1]; 0 where those cannot be. */
  readonly conditionals?: Float64Array;
  /** Writes P(item at the place's position | query) of every item into out, (N). */
  readonly distribution?: (place: number, out: Float64Array) => void;
}
