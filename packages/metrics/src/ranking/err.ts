import { within, type TieGroup } from "./query-ranks.js";
import type { RankingMetric } from "./ranking-metric.js";

/** P(a reader is content with a target): (2^g - 1) / 2^g_max for the one grade there is. */
const CONTENT = 0.5;

/** Expected reciprocal rank at which a reader who is content with half of the targets stops (Chapelle et al. 2009). */
export const err: RankingMetric = {
  name: "err",
  doc: "sum over r_i <= k of (1/2)^i / r_i",
  cutoff: "required",
  value({ groups }, k) {
    let sum = 0;
    let reading = 1;
    for (const group of groups) {
      const places = within(group, k);
      if (places === 0) break;
      sum += reading * stopsIn(group, places);
      reading *= CONTENT ** group.targets;
    }
    return sum;
  },
};

/** The sum over the first places of a group of P(stops there) / place, averaged over its orders. */
function stopsIn({ above, size, targets }: TieGroup, places: number): number {
  let sum = 0;
  // chance[x] = P(x targets so far, and still reading).
  let chance = new Float64Array(targets + 1);
  chance[0] = 1;
  for (let j = 0; j < places; j++) {
    const next = new Float64Array(targets + 1);
    for (let x = 0; x <= Math.min(j, targets); x++) {
      const target = (targets - x) / (size - j);
      if (x < targets) next[x + 1]! += chance[x]! * target * (1 - CONTENT);
      next[x]! += chance[x]! * (1 - target);
      sum += (chance[x]! * target * CONTENT) / (above + j + 1);
    }
    chance = next;
  }
  return sum;
}
