import { hitsWithin } from "./query-ranks.js";
import type { RankingMetric } from "./ranking-metric.js";

/** Average precision over all targets, also those beyond k; its mean over queries is MAP. */
export const map: RankingMetric = {
  name: "map",
  doc: "sum over r_i <= k of i / r_i, divided by R",
  cutoff: "optional",
  value(query, k) {
    const hits = hitsWithin(query, k);
    let sum = 0;
    for (let i = 0; i < hits; i++) sum += (i + 1) / query.ranks[i]!;
    return sum / query.relevant;
  },
};
