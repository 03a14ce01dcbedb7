import { sliceQueries, sliceRagged } from "@sequitur/core";
import type { EvaluationSet } from "@sequitur/data";
import { rankingMetrics, targetRanks } from "@sequitur/metrics";
import type { Model } from "@sequitur/recommender";

/** Queries that are scored at once. */
const BLOCK = 256;
const METRIC = "ndcg@10";

/** Measures a model by its mean NDCG@10 over the questions, all items ranked. */
export function ndcgOn({ queries, targets }: EvaluationSet): (model: Model) => Promise<number> {
  return async (model) => {
    let sum = 0;
    for (let from = 0; from < queries.size; from += BLOCK) {
      const to = Math.min(queries.size, from + BLOCK);
      const answers = sliceRagged(targets, from, to);
      const ranks = targetRanks(model.score(sliceQueries(queries, from, to)), model.catalog.items.size, answers);
      const values = rankingMetrics(ranks, answers, { metrics: [METRIC], cutoffs: [] }).get(METRIC)!;
      sum += values.reduce((total, value) => total + value, 0);
    }
    return sum / queries.size;
  };
}
