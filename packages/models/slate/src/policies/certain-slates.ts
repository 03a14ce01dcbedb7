import { listOf, type QueryBatch, type Ranking, type Slate } from "@sequitur/core";
import { recommend, type Scorer, type SlateOptions } from "@sequitur/recommender";

/** The k best of each query by the scorer, with nothing left to chance: every propensity is 1. */
export function certainSlates(scorer: Scorer, batch: QueryBatch, k: number, { candidates }: SlateOptions): Slate[] {
  const ranking: Ranking = recommend(scorer, batch, { k, ...(candidates && { candidates }) });
  return Array.from({ length: batch.size }, (_, b) => {
    const items = listOf(ranking, b).slice();
    const ones = new Float64Array(items.length).fill(1);
    return { items, propensities: ones, conditionals: ones };
  });
}
