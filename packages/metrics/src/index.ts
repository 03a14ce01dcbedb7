export { candidateCounts, targetRanks } from "./ranking/target-ranks.js";
export { rankingMetrics, type RankingMetricsOptions } from "./ranking/ranking-metrics.js";
export { METRICS, expandMetrics, parseMetric, type ParsedMetric } from "./ranking/metrics.js";
export type { RankingMetric } from "./ranking/ranking-metric.js";
export { TIE_RULES, type QueryRanks, type TargetRanks, type TieGroup, type TieRule } from "./ranking/query-ranks.js";
export { listMetrics, type AnswerOptions, type ListMetrics, type ListMetricsOptions } from "./lists/list-metrics.js";
export { catalogCoverage, exposureCounts, exposureGini } from "./lists/exposure.js";
export { acceptedValue, worthOf } from "./lists/accepted-value.js";
export { exposureByGroup, exposureFairness, listRecall, userGap, type GroupExposure } from "./lists/fairness.js";
export { personalisation, type PersonalisationInput } from "./lists/personalisation.js";
export {
  calibrationError,
  pooledAveragePrecision,
  pooledScores,
  poolOf,
  type PooledScores,
} from "./lists/pooled-scores.js";
export { rankBiasedOverlap } from "./lists/rank-biased-overlap.js";
export { ratingErrors, type RatingErrors } from "./lists/rating-errors.js";
export { serendipity } from "./lists/serendipity.js";
export { novelty, recommendationPopularity } from "./lists/popularity.js";
export { intraListDiversity } from "./lists/intra-list-diversity.js";
export { calibration, type CalibrationOptions } from "./lists/calibration.js";
export { itemCategories, type ItemCategories } from "./lists/item-categories.js";
export { categoryJaccard, vectorCosine, type Similarity } from "./lists/similarities.js";
export { FEW_UNITS, type Interval } from "./intervals/interval.js";
export { meanInterval, type IntervalOptions } from "./intervals/mean-interval.js";
export { bootstrapInterval, type BootstrapOptions } from "./intervals/bootstrap-interval.js";
export { pairedTest, type PairedTest, type PairedTestOptions } from "./comparisons/paired-test.js";
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
export { byUserLabel } from "./breakdowns/by-label.js";
export { attributeLabels } from "./breakdowns/attribute-labels.js";
export {
  OTHER,
  UNLABELLED,
  byColdTarget,
  byTargetCount,
  byTargetLabel,
  byTargetPopularity,
  type PopularityShares,
} from "./breakdowns/by-target.js";
export {
  probabilitiesOf,
  unsupportedMass,
  type ActionProbabilities,
  type LoggedBandit,
  type RewardPredictions,
  type UnsupportedMass,
} from "./off-policy/logged-bandit.js";
export type { EstimateParts, OffPolicyEstimate } from "./off-policy/off-policy-estimate.js";
export { weightDiagnostics, type WeightDiagnostics } from "./off-policy/weight-diagnostics.js";
export {
  clippedIps,
  clippedIpsParts,
  ips,
  ipsParts,
  naiveMean,
  naiveParts,
  snips,
  snipsParts,
} from "./off-policy/importance-sampling.js";
export {
  directMethod,
  directMethodParts,
  doublyRobust,
  doublyRobustParts,
  switchDr,
  switchDrParts,
} from "./off-policy/doubly-robust.js";
export {
  moreRobustDoublyRobust,
  mrdrWeights,
  rewardPredictions,
  type RewardFeatures,
  type RewardModelPlan,
  type RewardWeighting,
} from "./off-policy/reward-model.js";
export { bootstrapEstimate, empiricalBernstein, type BernsteinOptions } from "./off-policy/off-policy-interval.js";
export {
  loggedSlates,
  loggedSlatesOf,
  type KnownSlates,
  type LoggedSlates,
  type LoggedSlatesChoice,
  type SlatePropensities,
} from "./off-policy/logged-slates.js";
export {
  cascadeDoublyRobust,
  cascadeDoublyRobustParts,
  itemPositionIps,
  itemPositionIpsParts,
  naiveSlateMean,
  naiveSlateParts,
  rewardInteractionIps,
  rewardInteractionIpsParts,
  slateIps,
  slateIpsParts,
  type CascadePredictions,
} from "./off-policy/slate-estimators.js";
export {
  pseudoInverse,
  pseudoInverseFactored,
  pseudoInverseFactoredParts,
  pseudoInverseVector,
  slateMarginals,
  type SlateMarginals,
} from "./off-policy/pseudo-inverse.js";
export { EstimateTotals, UNIT_BUCKETS, type StreamEstimate } from "./off-policy/stream/estimate-totals.js";
export { PropensityCheck, type PropensityReading } from "./off-policy/stream/propensity-check.js";
export {
  judgeLog,
  type LogSupport,
  type EstimatedPropensities,
  type LogVerdict,
} from "./off-policy/stream/judge-log.js";
export { CrossFit, QualityTotals, type ModelQuality } from "./off-policy/stream/cross-fit.js";
export { NO_UNITS, mergeMoments, momentsOf, type Moments } from "./experiments/moments.js";
export type { Effect, EffectOptions } from "./experiments/effect.js";
export { differenceOfMeans } from "./experiments/difference-of-means.js";
export {
  differenceOfRatios,
  ratioByUnit,
  ratioEstimate,
  type RatioEstimate,
  type RatioSample,
} from "./experiments/ratio-metric.js";
export {
  detectableDifference,
  meansPower,
  meansSampleSize,
  proportionsPower,
  proportionsSampleSize,
  type MeansPlan,
  type PowerPlan,
  type ProportionsPlan,
  type SampleSize,
  type TestPlan,
} from "./experiments/power.js";
export { cuped, type CovariateSample, type CupedEffect } from "./experiments/cuped.js";
export { sampleRatioTest, type SampleRatio, type SampleRatioOptions } from "./experiments/sample-ratio.js";
export {
  alwaysValidLook,
  alwaysValidPath,
  mixingVariance,
  type AlwaysValidLook,
  type AlwaysValidOptions,
  type Look,
} from "./experiments/always-valid.js";
export {
  classicBounds,
  crossingProbabilities,
  inflationFactor,
  spendingBounds,
  type BoundaryShape,
  type CrossingProbabilities,
  type GroupSequentialDesign,
  type SpendingPlan,
} from "./experiments/group-sequential.js";
export {
  FIRST_LOOK,
  mayLook,
  readMetric,
  type ArmReading,
  type ArmSample,
  type ExperimentPower,
  type MetricReading,
  type ReadingPlan,
} from "./experiments/read-experiment.js";
export type { RelativeEffect } from "./experiments/relative-effect.js";
export { verdictsOf, type ArmVerdict, type GuardrailReading } from "./experiments/verdict.js";
export { compareArms, correctEffects, type ArmEffect } from "./experiments/multiple-arms.js";
export {
  interleavingCredit,
  interleavingSampleSize,
  interleavingTest,
  teamDraft,
  type InterleavedSlate,
  type InterleavingPlan,
  type InterleavingResult,
} from "./experiments/interleaving.js";
export {
  calibrate,
  calibrateBySplitting,
  shareInterval,
  type AaCalibration,
  type CalibrationPlan,
} from "./experiments/calibration.js";
export {
  segmentEffects,
  type Segment,
  type SegmentEffect,
  type SegmentEffects,
} from "./experiments/segment-effects.js";
export {
  switchbackArm,
  switchbackDesign,
  switchbackEffect,
  type SwitchbackDesign,
  type SwitchbackEffect,
  type SwitchbackEvents,
  type SwitchbackOptions,
  type SwitchbackPlan,
} from "./experiments/switchback.js";
export { armProbabilities, banditRegretBound, type ArmTotals, type BanditPlan } from "./experiments/arm-bandit.js";
export type { ExperimentRows } from "./experiments/experiment-rows.js";
export {
  designBlocks,
  readDesign,
  type Design,
  type DesignReading,
  type DesignRun,
} from "./experiments/read-design.js";
