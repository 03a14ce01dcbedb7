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
  value({ tied, relevant, candidates }) {
    const others = tied.reduce((rest, { targets }) => rest - targets, candidates);
    let won = 0;
    let before = 0;
    for (const { above, size, targets } of tied) {
      won += targets * (others - (above - before) - (size - targets) / 2);
      before += targets;
    }
    return others > 0 ? won / (relevant * others) : Number.NaN;
  },
};
