export { tf } from "./tensors.js";
export {
  BACKEND_NAMES,
  closeSequitur,
  engineMemory,
  selectBackend,
  type BackendName,
  type BackendOptions,
} from "./backend/select-backend.js";
export { EVALUATION, trainingPass, type Pass } from "./pass.js";
export { Parameters, type Parameter, type ParameterOptions, type Scope } from "./parameters.js";
export {
  fanInUniform,
  glorotUniform,
  normal,
  ones,
  uniform,
  unitRows,
  zeros,
  type Initializer,
} from "./initializers.js";
export type { Activation, DropoutKey } from "@sequitur/kernels";
export { activeSequitur, type SequiturBackend } from "./backend/sequitur-backend.js";
export { differentiable, isRecording, timesUpstream, type Save } from "./ops/differentiable.js";
export { attention, packedAttention, type AttentionOptions } from "./ops/attention.js";
export { softmaxCrossEntropy, type CrossEntropyTerms } from "./ops/cross-entropy.js";
export { dropout } from "./ops/dropout.js";
export { embedding, takeRows } from "./ops/embedding.js";
export { graph, graphConv, normalisedAdjacency, type Graph, type SparseRows } from "./ops/graph.js";
export { gru, type GruStart, type GruWeights } from "./ops/gru.js";
export { linear, type LinearTerms } from "./ops/linear.js";
export { layerNorm, rmsNorm } from "./ops/normalise.js";
export { rotaryTurns, rotate, type RotaryOptions } from "./ops/rotary.js";
export {
  sampledBce,
  sampledBpr,
  sampledGbce,
  sampledSoftmax,
  scoreRows,
  type SampledSoftmaxOptions,
  type SampledTargets,
} from "./ops/sampled.js";
export { attentionLayer, type AttentionLayerOptions, type SequenceLayer } from "./layers/attention-layer.js";
export { embeddingLayer, type EmbeddingLayer, type EmbeddingOptions } from "./layers/embedding-layer.js";
export { graphLayer, lightGcn, type GraphLayerOptions } from "./layers/graph-layer.js";
export { gruLayer, type GruLayerOptions } from "./layers/gru-layer.js";
export { linearLayer, mlp, type LinearOptions, type MlpOptions } from "./layers/linear-layer.js";
export { normLayer, type NormKind } from "./layers/norm-layer.js";
export { learnedPositions, sinusoidalPositions } from "./layers/positions.js";
export { time2vec } from "./layers/time2vec.js";
export { transformer, transformerBlock, type StackOptions, type TransformerOptions } from "./layers/transformer.js";
export { bceLoss, bprLoss, gbceLoss, type GbceOptions, type PairScores } from "./losses/pairwise.js";
export { squaredLoss } from "./losses/squared.js";
export { adagrad, type AdagradRule } from "./optimisers/adagrad.js";
export { adam, adamW, type AdamOptions, type AdamRule } from "./optimisers/adam.js";
export { Optimiser } from "./optimisers/optimiser.js";
export { constant, cosine, plateau, warmUp, type PlateauOptions, type Schedule } from "./optimisers/schedule.js";
export { sgd, type SgdRule } from "./optimisers/sgd.js";
export { type Updated, type UpdateRule, type UpdateStep } from "./optimisers/update-rule.js";
export { disposeGradients, gradientNorm, GradientSum, type Gradients } from "./training/gradients.js";
export { mergeRows, type MergedRows } from "./training/merge-rows.js";
export { train, type Checkpoints, type Trained, type Training, type Validation } from "./training/train.js";
export { Weights } from "./weights.js";
export { WeightAverage } from "./training/weight-average.js";
export { gradientError } from "./gradient-check.js";
