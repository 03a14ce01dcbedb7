import { checkedSampled, type SampledKernels } from "./sampled/sampled.js";
import { referenceSampled } from "./sampled/reference.js";
import { wasmSampled } from "./sampled/wasm.js";
import { checkedGru, type GruKernels } from "./gru/gru.js";
import { referenceGru } from "./gru/reference.js";
import { wasmGru } from "./gru/wasm.js";
import { checkedAttention, type AttentionKernels } from "./attention/attention.js";
import { referenceAttention } from "./attention/reference.js";
import { wasmAttention } from "./attention/wasm.js";
import { checkedCrossEntropy, type CrossEntropyKernels } from "./cross-entropy/cross-entropy.js";
import { referenceCrossEntropy } from "./cross-entropy/reference.js";
import { wasmCrossEntropy } from "./cross-entropy/wasm.js";
import { checkedActivations, type ActivationKernels } from "./activations/activations.js";
import { referenceActivations } from "./activations/reference.js";
import { wasmActivations } from "./activations/wasm.js";
import { checkedLinear, type LinearKernels } from "./linear/linear.js";
import { referenceLinear } from "./linear/reference.js";
import { wasmLinear } from "./linear/wasm.js";
import { checkedNorms, type NormKernels } from "./norms/norms.js";
import { referenceNorms } from "./norms/reference.js";
import { wasmNorms } from "./norms/wasm.js";
import { checkedSoftmax, type SoftmaxKernels } from "./softmax/softmax.js";
import { referenceSoftmax } from "./softmax/reference.js";
import { wasmSoftmax } from "./softmax/wasm.js";
import { checkedEmbedding, type EmbeddingKernels } from "./embedding/embedding.js";
import { referenceEmbedding } from "./embedding/reference.js";
import { wasmEmbedding } from "./embedding/wasm.js";
import { checkedDraws, type DrawKernels } from "./draws/draws.js";
import { referenceDraws } from "./draws/reference.js";
import { wasmDraws } from "./draws/wasm.js";
import { checkedDropout, type DropoutKernels } from "./dropout/dropout.js";
import { referenceDropout } from "./dropout/reference.js";
import { wasmDropout } from "./dropout/wasm.js";
import { checkedRotary, type RotaryKernels } from "./rotary/rotary.js";
import { referenceRotary } from "./rotary/reference.js";
import { wasmRotary } from "./rotary/wasm.js";
import { checkedReductions, type ReductionKernels } from "./reductions/reductions.js";
import { referenceReductions } from "./reductions/reference.js";
import { wasmReductions } from "./reductions/wasm.js";
import { checkedOptimisers, type OptimiserKernels } from "./optimisers/optimisers.js";
import { referenceOptimisers } from "./optimisers/reference.js";
import { wasmOptimisers } from "./optimisers/wasm.js";
import { checkedElementwise, type ElementwiseKernels } from "./elementwise/elementwise.js";
import { referenceElementwise } from "./elementwise/reference.js";
import { wasmElementwise } from "./elementwise/wasm.js";
import { checkedFactorise, type FactoriseKernels } from "./factorise/factorise.js";
import { referenceFactorise } from "./factorise/reference.js";
import { wasmFactorise } from "./factorise/wasm.js";
import { checkedMatmul, type MatmulKernels } from "./matmul/matmul.js";
import { referenceMatmul } from "./matmul/reference.js";
import { wasmMatmul } from "./matmul/wasm.js";
import { type Memory } from "./memory.js";
import { referenceSparse } from "./sparse/reference.js";
import { checkedSparse, type SparseKernels } from "./sparse/sparse.js";
import { wasmSparse } from "./sparse/wasm.js";
import { referenceTopK } from "./topk/reference.js";
import { checkedTopK, type TopKKernels } from "./topk/topk.js";
import { wasmTopK } from "./topk/wasm.js";
import { type WasmContext } from "./wasm-context.js";

/** Every operation of an engine, over blocks of its memory; what is written comes first, and is called `out`. */
export interface Kernels
  extends
    MatmulKernels,
    ElementwiseKernels,
    FactoriseKernels,
    TopKKernels,
    SparseKernels,
    ActivationKernels,
    LinearKernels,
    NormKernels,
    SoftmaxKernels,
    EmbeddingKernels,
    DrawKernels,
    DropoutKernels,
    RotaryKernels,
    ReductionKernels,
    OptimiserKernels,
    CrossEntropyKernels,
    AttentionKernels,
    GruKernels,
    SampledKernels {}

/** The compiled kernels. */
export function wasmKernels(context: WasmContext, memory: Memory): Kernels {
  const reductions = wasmReductions(context);
  return checked({
    ...reductions,
    ...wasmOptimisers(context, reductions),
    ...wasmActivations(context),
    ...wasmLinear(context),
    ...wasmNorms(context),
    ...wasmSoftmax(context),
    ...wasmEmbedding(context),
    ...wasmDraws(context),
    ...wasmDropout(context),
    ...wasmRotary(context),
    ...wasmCrossEntropy(context),
    ...wasmAttention(context),
    ...wasmGru(context),
    ...wasmSampled(context),
    ...wasmMatmul(context),
    ...wasmElementwise(context),
    ...wasmFactorise(context),
    ...wasmSparse(context),
    ...wasmTopK(context, memory),
  });
}

/** The plain TypeScript twins: the meaning of every kernel, and what runs where WebAssembly cannot. */
export function referenceKernels(memory: Memory): Kernels {
  return checked({
    ...referenceActivations(),
    ...referenceLinear(memory),
    ...referenceNorms(),
    ...referenceSoftmax(),
    ...referenceEmbedding(),
    ...referenceDraws(),
    ...referenceDropout(),
    ...referenceRotary(),
    ...referenceReductions(),
    ...referenceOptimisers(),
    ...referenceCrossEntropy(),
    ...referenceAttention(),
    ...referenceGru(),
    ...referenceSampled(),
    ...referenceMatmul(),
    ...referenceElementwise(),
    ...referenceFactorise(),
    ...referenceSparse(),
    ...referenceTopK(),
  });
}

function checked(body: Kernels): Kernels {
  return {
    ...checkedActivations(body),
    ...checkedLinear(body),
    ...checkedNorms(body),
    ...checkedSoftmax(body),
    ...checkedEmbedding(body),
    ...checkedDraws(body),
    ...checkedDropout(body),
    ...checkedRotary(body),
    ...checkedReductions(body),
    ...checkedOptimisers(body, body.firstOutside),
    ...checkedCrossEntropy(body, body.firstOutside),
    ...checkedAttention(body),
    ...checkedGru(body),
    ...checkedSampled(body, body.firstOutside),
    ...checkedMatmul(body),
    ...checkedElementwise(body),
    ...checkedFactorise(body),
    ...checkedSparse(body),
    ...checkedTopK(body),
  };
}
