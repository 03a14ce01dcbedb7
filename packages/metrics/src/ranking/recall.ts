import { hitsWithin } from "./query-ranks.js";
import type { RankingMetric } from "./ranking-metric.js";

/** The share of the targets that was found; below 1 wherever there are more than k of them. */
export const recall: RankingMetric = {
  name: "recall",
  doc: "#{r_i <= k} / R",
  cutoff: "required",
  value: (query, k) => hitsWithin(query, k) / query.relevant,
};
