export { candidateCounts, targetRanks } from "./ranking/target-ranks.js";
export { rankingMetrics, type RankingMetricsOptions } from "./ranking/ranking-metrics.js";
export { METRICS, expandMetrics, parseMetric, type ParsedMetric } from "./ranking/metrics.js";
export type { RankingMetric } from "./ranking/ranking-metric.js";
export type { QueryRanks } from "./ranking/query-ranks.js";
export { listMetrics, type ListMetrics, type ListMetricsOptions } from "./lists/list-metrics.js";
export { catalogCoverage, exposureCounts, exposureGini } from "./lists/exposure.js";
export { novelty, recommendationPopularity } from "./lists/popularity.js";
export { intraListDiversity } from "./lists/intra-list-diversity.js";
export { calibration, type CalibrationOptions } from "./lists/calibration.js";
export { itemCategories, type ItemCategories } from "./lists/item-categories.js";
export { categoryJaccard, vectorCosine, type Similarity } from "./lists/similarities.js";
export {
  bootstrapInterval,
  bootstrapIntervals,
  type BootstrapOptions,
  type Interval,
} from "./intervals/bootstrap-interval.js";
export { pairedBootstrap, type PairedBootstrap } from "./comparisons/paired-bootstrap.js";
export { wilcoxon, type Wilcoxon, type WilcoxonOptions, type ZeroRule } from "./comparisons/wilcoxon.js";
export { holm } from "./comparisons/holm.js";
export {
  compareAll,
  comparePaired,
  type BaselineComparison,
  type CompareOptions,
  type PairedComparison,
} from "./comparisons/compare.js";
export {
  groupIntervals,
  groupQueries,
  groupTargets,
  selectRanks,
  type GroupInterval,
  type QueryGroup,
  type TargetGroup,
} from "./breakdowns/query-groups.js";
export { byColdUser, byUserActivity } from "./breakdowns/by-activity.js";
export {
  OTHER,
  UNLABELLED,
  byColdTarget,
  byTargetLabel,
  byTargetPopularity,
  type PopularityShares,
} from "./breakdowns/by-target.js";
