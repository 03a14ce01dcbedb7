import { placeSums } from "./place-sums.js";
import { within } from "./query-ranks.js";
import type { RankingMetric } from "./ranking-metric.js";

const discounts = placeSums((place) => 1 / Math.log2(place + 1));

/** Normalised discounted cumulative gain with gain 1 for a target (Jarvelin & Kekalainen 2002). */
export const ndcg: RankingMetric = {
  name: "ndcg",
  doc: "sum over r_i <= k of 1 / log2(r_i + 1), divided by the sum over i = 1 .. min(R, k) of 1 / log2(i + 1)",
  cutoff: "optional",
  value({ groups, relevant }, k) {
    let gain = 0;
    for (const group of groups) {
      const places = within(group, k);
      if (places === 0) break;
      gain += (group.targets / group.size) * discounts.over(group.above, places);
    }
    return gain / discounts.over(0, Math.min(relevant, k));
  },
};
