import { reciprocals } from "./place-sums.js";
import { within } from "./query-ranks.js";
import type { RankingMetric } from "./ranking-metric.js";

/** The reciprocal rank of the first target found; its mean over queries is MRR. */
export const mrr: RankingMetric = {
  name: "mrr",
  doc: "1 / r_1 if r_1 <= k, else 0",
  cutoff: "optional",
  value({ groups }, k) {
    const [first] = groups;
    if (first === undefined) return 0;
    const { above, size, targets } = first;
    const places = within(first, k);
    if (targets === 1) return reciprocals.over(above, places) / size;
    let sum = 0;
    // P(the first of the tied targets stands at the j-th tied place), from j = 1.
    let probability = targets / size;
    for (let j = 1; j <= Math.min(places, size - targets + 1); j++) {
      sum += probability / (above + j);
      probability *= (size - targets - j + 1) / (size - j);
    }
    return sum;
  },
};
