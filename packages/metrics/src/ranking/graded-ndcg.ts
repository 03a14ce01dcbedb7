import { placeSums } from "./place-sums.js";
import { within, type QueryRanks } from "./query-ranks.js";
import type { RankingMetric } from "./ranking-metric.js";

const discounts = placeSums((place) => 1 / Math.log2(place + 1));

/**
 * NDCG with the value of each target as its gain (Jarvelin & Kekalainen 2002): trec_eval's ndcg and ndcg_cut with the
 * values as relevance levels.
 */
export const ndcgLinear: RankingMetric = {
  name: "ndcg-linear",
  doc: "sum over r_i <= k of v_i / log2(r_i + 1), divided by the same sum with the targets in order of their value v",
  cutoff: "optional",
  needsValues: true,
  value: (query, k) => gradedNdcg(query, k, (value) => value),
};

/** NDCG with gains of 2^value - 1 (Burges et al. 2005). */
export const ndcgExponential: RankingMetric = {
  name: "ndcg-exp",
  doc: "as ndcg-linear with the gain 2^v_i - 1 of a target of value v_i",
  cutoff: "optional",
  needsValues: true,
  value: (query, k) => gradedNdcg(query, k, (value) => 2 ** value - 1),
};

/** Tied targets each get the mean gain of their tie, which is what they get over all its orders. */
function gradedNdcg(
  { groups, tied, values, relevant }: QueryRanks,
  k: number,
  gainOf: (value: number) => number,
): number {
  const gains = Float64Array.from(values, gainOf);
  let [sum, at, next] = [0, 0, 0];
  for (const { targets } of tied) {
    let gain = 0;
    for (const end = at + targets; at < end; at++) gain += gains[at]! / targets;
    for (let left = targets; left > 0; next++) {
      const group = groups[next]!;
      left -= group.targets;
      sum += ((gain * group.targets) / group.size) * discounts.over(group.above, within(group, k));
    }
  }
  return sum / idealSum(gains, Math.min(relevant, k));
}

/** The sum with the targets at the first places, largest gain first. */
function idealSum(gains: Float64Array, places: number): number {
  const sorted = gains.toSorted().reverse();
  let sum = 0;
  for (let place = 0; place < places; place++) sum += sorted[place]! * discounts.over(place, 1);
  return sum;
}
