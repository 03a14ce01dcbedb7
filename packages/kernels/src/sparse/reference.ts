import { type SparseKernels, type CompressedRows } from "./sparse.js";

/** Plain sparse products, summed in float64. */
export function referenceSparse(): SparseKernels {
  return {
    sparseMatmul: (out, a, x, { width, accumulate = false }) => {
      for (let row = 0; row < a.rows; row++) {
        for (let k = 0; k < width; k++) {
          let sum = accumulate ? out.array[row * width + k] : 0;
          for (const entry of entriesOf(a, row)) {
            sum += (a.values?.array[entry] ?? 1) * x.array[a.indices.array[entry] * width + k];
          }
          out.array[row * width + k] = sum;
        }
      }
    },
    sparseValuesGradient: (out, a, grad, x, { width }) => {
      for (let row = 0; row < a.rows; row++) {
        for (const entry of entriesOf(a, row)) {
          let sum = 0;
          for (let k = 0; k < width; k++) {
            sum += grad.array[row * width + k] * x.array[a.indices.array[entry] * width + k];
          }
          out.array[entry] = sum;
        }
      }
    },
  };
}

function* entriesOf(a: CompressedRows, row: number): Generator<number> {
  for (let entry = a.offsets.array[row]; entry < a.offsets.array[row + 1]; entry++) yield entry;
}
