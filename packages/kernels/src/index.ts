export { startEngine, type Engine, type EngineOptions } from "./engine.js";
export { engineFor } from "./engines.js";
export { detectFeatures, type RuntimeFeatures } from "./features.js";
export { Memory, type MemoryUse, type Scratch } from "./memory.js";
export { Block, type BlockArray, type Bytes, type Floats, type Ints, type SignedBytes, type Words } from "./block.js";
export { type Kernels } from "./kernels.js";
export { type ElementwiseKernels } from "./elementwise/elementwise.js";
export { type MatmulKernels, type MatmulShape } from "./matmul/matmul.js";
export {
  FACTORISE_OBJECTIVES,
  FACTORISE_CHUNK,
  factoriseStatsLength,
  factoriseWindows,
  type AlsShape,
  type FactoriseKernels,
  type FactoriseObjective,
  type FactoriseOptions,
  type FactoriseTotals,
  type Factors,
  type PositiveRows,
} from "./factorise/factorise.js";
export { positiveFilterLength } from "./factorise/positive-filter.js";
export { quantisedWidth, type QuantisedRows, type ScanShape, type TopKKernels } from "./topk/topk.js";
export {
  ACTIVATIONS,
  LEAKY_SLOPE,
  savesInput,
  type Activation,
  type ActivationKernels,
} from "./activations/activations.js";
export { type LinearGradients, type LinearKernels, type LinearShape } from "./linear/linear.js";
export { NORM_EPSILON, type LayerNormGradients, type NormKernels, type NormShape } from "./norms/norms.js";
export { type SoftmaxKernels } from "./softmax/softmax.js";
export { type EmbeddingKernels } from "./embedding/embedding.js";
export { normalAt, normalRow, rowStream } from "./draws/counter-normal.js";
export { type DrawKernels, type DrawShape, type RowShape } from "./draws/draws.js";
export { type DropoutKernels, type DropoutKey } from "./dropout/dropout.js";
export { type RotaryKernels, type RotaryShape } from "./rotary/rotary.js";
export { type ReductionKernels } from "./reductions/reductions.js";
export {
  type AdagradOptions,
  type AdamOptions,
  type OptimiserKernels,
  type SgdOptions,
  type SparseRows,
  type StepOptions,
} from "./optimisers/optimisers.js";
export {
  type CrossEntropyKernels,
  type CrossEntropyResults,
  type CrossEntropyShape,
} from "./cross-entropy/cross-entropy.js";
export { type AttentionGradients, type AttentionKernels, type AttentionShape } from "./attention/attention.js";
export { type GruGradients, type GruKernels, type GruSaved, type GruShape, type GruWeights } from "./gru/gru.js";
export { type SparseKernels, type CompressedRows } from "./sparse/sparse.js";
export {
  SAMPLED_LOSSES,
  type SampledGradients,
  type SampledItems,
  type SampledKernels,
  type SampledLoss,
} from "./sampled/sampled.js";
