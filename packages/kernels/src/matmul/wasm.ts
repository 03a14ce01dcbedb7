import { type WasmContext } from "../wasm-context.js";
import { type MatmulKernels } from "./matmul.js";

/** The matrix product of the module; strides in elements, bias 0 for none. */
export interface GemmExports {
  readonly gemm: (
    out: number,
    a: number,
    b: number,
    packed: number,
    bias: number,
    m: number,
    n: number,
    k: number,
    transposeA: number,
    transposeB: number,
    accumulate: number,
    batch: number,
    strideOut: number,
    strideA: number,
    strideB: number,
  ) => void;
}

/** Floats of scratch for the packed B of a product: panels of 8 columns. */
export function packedFloats(n: number, k: number, matrices: number): number {
  return matrices * k * ((n + 7) & ~7);
}

/** Compiled matrix products (assembly/gemm.ts). */
export function wasmMatmul(context: WasmContext): MatmulKernels {
  const { gemm } = context.exports as unknown as GemmExports;
  return {
    matmul: (out, a, b, shape) => {
      const { m, n, k, batch = 1, strideA = m * k, strideB = k * n, strideOut = m * n } = shape;
      const packed = context.scratchFloats(packedFloats(n, k, strideB === 0 ? 1 : batch));
      gemm(
        out.offset,
        a.offset,
        b.offset,
        packed,
        0,
        m,
        n,
        k,
        shape.transposeA ? 1 : 0,
        shape.transposeB ? 1 : 0,
        shape.accumulate ? 1 : 0,
        batch,
        strideOut,
        strideA,
        strideB,
      );
    },
  };
}
