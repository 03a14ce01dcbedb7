import type { RaggedItems } from "./ragged.js";

/** For each query its items, best first, with the scores that ordered them. Lists may be shorter than asked. */
export interface Ranking extends RaggedItems {
  /** (offsets[B]) aligned with items, descending within a list. */
  readonly scores: Float32Array;
}
