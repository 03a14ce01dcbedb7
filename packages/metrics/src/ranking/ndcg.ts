import { hitsWithin } from "./query-ranks.js";
import type { RankingMetric } from "./ranking-metric.js";

/** Normalised discounted cumulative gain with gain 1 for a target (Jarvelin & Kekalainen 2002). */
export const ndcg: RankingMetric = {
  name: "ndcg",
  doc: "sum over r_i <= k of 1 / log2(r_i + 1), divided by the sum over i = 1 .. min(R, k) of 1 / log2(i + 1)",
  cutoff: "optional",
  value(query, k) {
    const hits = hitsWithin(query, k);
    let gain = 0;
    for (let i = 0; i < hits; i++) gain += 1 / Math.log2(query.ranks[i]! + 1);
    let ideal = 0;
    const places = Math.min(query.relevant, k);
    for (let i = 1; i <= places; i++) ideal += 1 / Math.log2(i + 1);
    return gain / ideal;
  },
};
