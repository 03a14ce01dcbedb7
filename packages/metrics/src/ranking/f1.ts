import { hitsWithin } from "./query-ranks.js";
import type { RankingMetric } from "./ranking-metric.js";

/** The harmonic mean of precision@k and recall@k: 2 P R / (P + R) with both of them over the same hits. */
export const f1: RankingMetric = {
  name: "f1",
  doc: "2 #{r_i <= k} / (k + R)",
  cutoff: "required",
  value: (query, k) => (2 * hitsWithin(query, k)) / (k + query.relevant),
};
