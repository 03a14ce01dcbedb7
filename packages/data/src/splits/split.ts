import type { Interactions, QueryBatch, RaggedItems } from "@sequitur/core";

/** Held-out questions with their answers: query i is `queries` row i, all three lists have one entry a query. */
export interface EvaluationSet {
  readonly queries: QueryBatch;
  /** The items that did come next, distinct within a query; at least one. */
  readonly targets: RaggedItems;
  /** (targets.items) the value of each, the highest of its events; absent where every event counts 1. */
  readonly targetValues?: Float32Array;
  /** (targets.items) the kind of that event, an index into the catalogue's kinds; absent where there are none. */
  readonly targetKinds?: Int32Array;
  /** (targets.items) the weight of that event as the source gives it, such as stars, NaN where it gives none; absent without weights. */
  readonly targetRatings?: Float32Array;
  /** Items the user had interacted with before (whether or not in the query's history); masked when asked for. */
  readonly seen: RaggedItems;
  /** (B) the instant of the first answer, where the split draws at random and the history goes on after it. */
  readonly answeredFrom?: Float64Array;
}

/** One way to cut interactions; everything keeps the catalogue, and so the indices, of the whole. */
export interface Split {
  readonly train: Interactions;
  readonly validation: EvaluationSet;
  readonly test: EvaluationSet;
}
