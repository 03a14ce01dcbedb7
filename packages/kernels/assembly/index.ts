// Every function the module offers. Chunk functions are reached through the function table and need no export.
export { configurePool, help, holdsChunk, reportLost, stopHelpers } from "./pool";
export { probeFault, probeThreads } from "./probe";
export { tile5x8 } from "./gemm-tiles";
export { gemm } from "./gemm";
export { add, axpy, divide, fill, multiply, scale, subtract } from "./elementwise";
export { factorise } from "./factorise";
export { alsRows } from "./als";

/** First byte that neither the pool nor static data uses. */
export function heapStart(): usize {
  return __heap_base;
}
