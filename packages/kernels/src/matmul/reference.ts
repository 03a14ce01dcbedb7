import { fullShape, type MatmulKernels } from "./matmul.js";

/** Plain matrix products, summed in float64. */
export function referenceMatmul(): MatmulKernels {
  return {
    matmul: (out, a, b, shape) => {
      const { m, n, k, transposeA, transposeB, accumulate, batch, strideA, strideB, strideOut } = fullShape(shape);
      const [left, right, result] = [a.array, b.array, out.array];
      const [stepA, stepB] = [transposeA ? m : 1, transposeB ? 1 : n];
      for (let matrix = 0; matrix < batch; matrix++) {
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < n; j++) {
            let atA = matrix * strideA + (transposeA ? i : i * k);
            let atB = matrix * strideB + (transposeB ? j * k : j);
            const at = matrix * strideOut + i * n + j;
            let sum = accumulate ? result[at] : 0;
            for (let p = 0; p < k; p++, atA += stepA, atB += stepB) sum += left[atA] * right[atB];
            result[at] = sum;
          }
        }
      }
    },
  };
}
