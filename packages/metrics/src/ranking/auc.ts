import type { RankingMetric } from "./ranking-metric.js";

/**
 * P(a target is scored above another item of the ranked columns), ties half. A target that was not ranked loses to
 * all of them. NaN when every ranked column is a target, for then there is no pair.
 */
export const auc: RankingMetric = {
  name: "auc",
  doc: "share of the (target, other item) pairs with the target above, ties half",
  cutoff: "never",
  needsCandidates: true,
  value(query) {
    const { meanRanks, relevant, candidates } = query;
    const others = candidates - meanRanks.length;
    let won = 0;
    // r_i - i items above the i-th target (from 1) are no targets.
    for (let i = 0; i < meanRanks.length; i++) won += others - (meanRanks[i]! - (i + 1));
    return others > 0 ? won / (relevant * others) : Number.NaN;
  },
};
