export {
  fitOnSlates,
  type Explanation,
  type FitRun,
  type Model,
  type ModelNeeds,
  type ModelVectors,
  type Recommender,
  type Retriever,
  type SearchRange,
  type SearchSpace,
} from "./recommender.js";
export {
  capCounter,
  type CapCounter,
  type SlateCap,
  type SlateOptions,
  type SlatePin,
  type SlatePolicy,
  type SlateRules,
} from "./slate-policy.js";
export { boostedScorer } from "./boosted-scorer.js";
export {
  ARTIFACT_FORMAT,
  artifactConfig,
  artifactTensor,
  decodeArtifact,
  encodeArtifact,
  readArtifact,
  writeArtifact,
  type Artifact,
  type ArtifactOrigin,
} from "./artifact.js";
export { itemWords, type WordWeighting } from "./item-words.js";
export { addLikeness, wordProfile, type ProfileOptions } from "./word-profile.js";
export { countPairs, loadOffsets, loadSparse, sparseTensors, transpose, type SparseRows } from "./sparse-rows.js";
export { fitIdentity } from "./fit-identity.js";
export { checkCandidates, checkListSize, recommend, type RecommendOptions, type Scorer } from "./recommend.js";
export { exactSearch, type NearRows, type VectorSearch } from "./vector-search.js";
export { inputsWhere, MODEL_INPUTS, type ModelInput } from "./model-input.js";
export { POSITIVES_ALIKE, type SignalUse } from "./signal-use.js";
export { declaringSignals, withSignals, type RecommenderOf, type SlateRecommenderOf } from "./with-signals.js";
export { pairValues, weighPairs } from "./pair-values.js";
