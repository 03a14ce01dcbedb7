import { hitsWithin } from "./query-ranks.js";
import type { RankingMetric } from "./ranking-metric.js";

/** Whether any target was found (HitRate, Acc@k of the trajectory papers). */
export const hit: RankingMetric = {
  name: "hit",
  doc: "1 if r_1 <= k, else 0",
  cutoff: "required",
  value: (query, k) => (hitsWithin(query, k) > 0 ? 1 : 0),
};
