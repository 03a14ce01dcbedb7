// Every function the module offers. Chunk functions are reached through the function table and need no export.
export { configurePool, help, holdsChunk, reportLost, stopHelpers, threadCount } from "./pool";
export { probeFault, probeThreads } from "./probe";
export { tile5x8 } from "./gemm-tiles";
export { gemm, packParallel as packMatrix } from "./gemm";
export { add, axpy, divide, fill, multiply, scale, subtract } from "./elementwise";
export { factorise } from "./factorise";
export { alsRows } from "./als";
export { activate, activationGradient } from "./activations";
export { drawnRow, nearestDrawn } from "./draws";
export { dropout } from "./dropout";
export { rotate } from "./rotary";
export { softmax, softmaxGradient } from "./softmax";
export { norm, normChunks, normGradient } from "./norms";
export { columnChunks, columnSums, rowArgmaxima, rowMaxima, rowSums, sum, sumOfSquares } from "./reductions";
export { firstOutside, gather, scatterAdd, uniqueIndices } from "./embedding";
export { optimise } from "./optimisers";
export { quantiseRows, scoreItems, scoreTopK, scoreTopKInt8, topKRows } from "./topk";
export { sparseMatmul, sparseValuesGradient } from "./sparse";
export { crossEntropy } from "./xent";
export { sampledGradient, sampledScores, sampledScratch } from "./sampled";
export { sampledLoss } from "./sampled-loss";
export { attention, attentionGradient, attentionScratch } from "./attention";
export { gruBackward, gruForward, gruScratch, gruStatesBefore } from "./gru";

/** First byte that neither the pool nor static data uses. */
export function heapStart(): usize {
  return __heap_base;
}
