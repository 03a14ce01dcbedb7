import { type WasmContext } from "../wasm-context.js";
import { type SoftmaxKernels } from "./softmax.js";

interface SoftmaxExports {
  readonly softmax: (out: number, x: number, rows: number, width: number) => void;
  readonly softmaxGradient: (out: number, gradient: number, y: number, rows: number, width: number) => void;
}

/** Compiled softmax (assembly/softmax.ts). */
export function wasmSoftmax(context: WasmContext): SoftmaxKernels {
  const exports = context.exports as unknown as SoftmaxExports;
  return {
    softmax: (out, x, rows, width) => exports.softmax(out.offset, x.offset, rows, width),
    softmaxGradient: (out, gradient, y, rows, width) =>
      exports.softmaxGradient(out.offset, gradient.offset, y.offset, rows, width),
  };
}
