import { sliceQueries, sliceRagged, type QueryBatch, type RaggedItems } from "@sequitur/core";
import { rankingMetrics, targetRanks } from "@sequitur/metrics";
import type { Model } from "@sequitur/recommender";

/** Questions, their answers, and the items that leave each ranking. */
export interface Asked {
  readonly queries: QueryBatch;
  readonly targets: RaggedItems;
  readonly exclude?: RaggedItems;
}

const BLOCK = 500;

/** The mean over all queries of each metric, every item ranked; ties by their mean rank, as in the published figures. */
export function meanMetrics(model: Model, { queries, targets, exclude }: Asked, metrics: readonly string[]): number[] {
  const size = model.catalog.items.size;
  const sums = metrics.map(() => 0);
  for (let from = 0; from < queries.size; from += BLOCK) {
    const to = Math.min(queries.size, from + BLOCK);
    const answers = sliceRagged(targets, from, to);
    const ranks = targetRanks(
      model.score(sliceQueries(queries, from, to)),
      size,
      answers,
      exclude && sliceRagged(exclude, from, to),
    );
    const values = rankingMetrics(ranks, answers, { metrics, cutoffs: [], ties: "mid-rank" });
    metrics.forEach((name, m) => values.get(name)!.forEach((value) => (sums[m]! += value)));
  }
  return sums.map((sum) => sum / queries.size);
}
