import type { RankingMetric } from "./ranking-metric.js";

/** The reciprocal rank of the first target found; its mean over queries is MRR. */
export const mrr: RankingMetric = {
  name: "mrr",
  doc: "1 / r_1 if r_1 <= k, else 0",
  cutoff: "optional",
  value(query, k) {
    const first = query.ranks[0] ?? Infinity;
    return first <= k ? 1 / first : 0;
  },
};
