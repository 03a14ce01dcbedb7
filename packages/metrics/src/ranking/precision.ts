import { hitsWithin } from "./query-ranks.js";
import type { RankingMetric } from "./ranking-metric.js";

/** The share of the k places that hold a target; places that stay empty count as wrong. */
export const precision: RankingMetric = {
  name: "precision",
  doc: "#{r_i <= k} / k",
  cutoff: "required",
  value: (query, k) => hitsWithin(query, k) / k,
};
