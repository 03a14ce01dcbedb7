import { reciprocals } from "./place-sums.js";
import { within } from "./query-ranks.js";
import type { RankingMetric } from "./ranking-metric.js";

/** Average precision over all targets, also those beyond k; its mean over queries is MAP. */
export const map: RankingMetric = {
  name: "map",
  doc: "sum over r_i <= k of i / r_i, divided by R",
  cutoff: "optional",
  value({ groups, relevant }, k) {
    let sum = 0;
    let before = 0;
    for (const group of groups) {
      const { above, size, targets } = group;
      const places = within(group, k);
      if (places === 0) break;
      // A target at the j-th tied place has on average (j - 1) * share of the other tied targets before it.
      const share = size === 1 ? 0 : (targets - 1) / (size - 1);
      const rest = before + 1 - (above + 1) * share;
      sum += (targets / size) * (share * places + rest * reciprocals.over(above, places));
      before += targets;
    }
    return sum / relevant;
  },
};
