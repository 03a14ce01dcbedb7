import { within } from "./query-ranks.js";
import type { RankingMetric } from "./ranking-metric.js";

/** How likely a reader goes on from one place to the next. */
const PATIENCE = 0.8;

/** Rank-biased precision, patience 0.8 (Moffat & Zobel 2008); the residual of unseen places counts as nothing found. */
export const rbp: RankingMetric = {
  name: "rbp",
  doc: "(1 - p) sum over r_i <= k of p^(r_i - 1), p = 0.8",
  cutoff: "optional",
  value({ groups }, k) {
    let sum = 0;
    for (const group of groups) {
      const places = within(group, k);
      if (places === 0) break;
      // The geometric sum over the places, (1 - p) taken in.
      const weight = PATIENCE ** group.above * (1 - PATIENCE ** places);
      sum += (group.targets / group.size) * weight;
    }
    return sum;
  },
};
