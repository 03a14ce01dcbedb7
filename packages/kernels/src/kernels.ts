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
import { referenceTopK } from "./topk/reference.js";
import { checkedTopK, type TopKKernels } from "./topk/topk.js";
import { wasmTopK } from "./topk/wasm.js";
import { type WasmContext } from "./wasm-context.js";

/** Every operation of an engine, over blocks of its memory; `out` comes first and is the only argument written. */
export interface Kernels extends MatmulKernels, ElementwiseKernels, FactoriseKernels, TopKKernels {}

/** The compiled kernels. */
export function wasmKernels(context: WasmContext, memory: Memory): Kernels {
  return checked({
    ...wasmMatmul(context),
    ...wasmElementwise(context),
    ...wasmFactorise(context),
    ...wasmTopK(context, memory),
  });
}

/** The plain TypeScript twins: the meaning of every kernel, and what runs where WebAssembly cannot. */
export function referenceKernels(_memory: Memory): Kernels {
  return checked({
    ...referenceMatmul(),
    ...referenceElementwise(),
    ...referenceFactorise(),
    ...referenceTopK(),
  });
}

function checked(body: Kernels): Kernels {
  return {
    ...checkedMatmul(body),
    ...checkedElementwise(body),
    ...checkedFactorise(body),
    ...checkedTopK(body),
  };
}
