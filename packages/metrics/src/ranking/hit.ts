import { within } from "./query-ranks.js";
import type { RankingMetric } from "./ranking-metric.js";

/** Whether any target was found: Acc@k of next-place papers where there is one target. Ties: P(any of them is within). */
export const hit: RankingMetric = {
  name: "hit",
  doc: "1 if r_1 <= k, else 0",
  cutoff: "required",
  value({ groups }, k) {
    let missed = 1;
    for (const group of groups) {
      const places = within(group, k);
      if (places === 0) break;
      // Without replacement: none of the targets among the places drawn from the tied columns.
      for (let i = 0; i < group.targets; i++) missed *= Math.max(0, group.size - places - i) / (group.size - i);
    }
    return 1 - missed;
  },
};
