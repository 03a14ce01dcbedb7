import { offsetOrZero, type WasmContext } from "../wasm-context.js";
import { type SparseKernels } from "./sparse.js";

interface SparseExports {
  readonly sparseMatmul: (...parameters: number[]) => void;
  readonly sparseValuesGradient: (...parameters: number[]) => void;
}

/** Compiled sparse products (assembly/sparse.ts). */
export function wasmSparse(context: WasmContext): SparseKernels {
  const exports = context.exports as unknown as SparseExports;
  return {
    sparseMatmul: (out, a, x, { width, accumulate = false }) =>
      exports.sparseMatmul(
        out.offset,
        offsetOrZero(a.values),
        a.indices.offset,
        a.offsets.offset,
        x.offset,
        a.rows,
        width,
        Number(accumulate),
      ),
    sparseValuesGradient: (out, a, grad, x, { width }) =>
      exports.sparseValuesGradient(
        out.offset,
        a.indices.offset,
        a.offsets.offset,
        grad.offset,
        x.offset,
        a.rows,
        width,
      ),
  };
}
