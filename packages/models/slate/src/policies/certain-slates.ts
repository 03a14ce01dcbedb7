import { certainSlate, listOf, sliceQueries, type QueryBatch, type Slate } from "@sequitur/core";
import { boostedScorer, recommend, type Scorer } from "@sequitur/recommender";
import { cappedPrefix, type FreeChoice } from "./ruled-slates.js";

/** The k best of each query by the scorer, with nothing left to chance: every probability is 1. */
export function certainSlates(scorer: Scorer, batch: QueryBatch, k: number, choice: FreeChoice): Slate[] {
  const { candidates, caps, boost, count } = choice;
  const ranked = boostedScorer(scorer, boost);
  const options = candidates && { candidates };
  if (caps === undefined) {
    const ranking = recommend(ranked, batch, { k, ...options });
    return Array.from({ length: batch.size }, (_, b) => certainSlate(listOf(ranking, b).slice()));
  }
  return Array.from({ length: batch.size }, (_, b) => {
    const own = sliceQueries(batch, b, b + 1);
    const rankedTo = (depth: number): Int32Array => listOf(recommend(ranked, own, { k: depth, ...options }), 0);
    return certainSlate(cappedPrefix(rankedTo, Math.min(k, count), count, caps));
  });
}
