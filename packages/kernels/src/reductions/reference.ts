import { type Floats } from "../block.js";
import { type ReductionKernels } from "./reductions.js";

/** Plain reductions, summed in float64. */
export function referenceReductions(): ReductionKernels {
  return {
    sum: (x) => x.array.reduce((sum, value) => sum + value, 0),
    sumOfSquares: (x) => x.array.reduce((sum, value) => sum + value * value, 0),
    rowSums: (out, x, rows, width) => {
      for (let row = 0; row < rows; row++) out.array[row] = rowOf(x, row, width).reduce((sum, value) => sum + value, 0);
    },
    rowMeans: (out, x, rows, width) => {
      for (let row = 0; row < rows; row++) {
        out.array[row] = rowOf(x, row, width).reduce((sum, value) => sum + value, 0) / width;
      }
    },
    rowMax: (out, x, rows, width) => {
      for (let row = 0; row < rows; row++) out.array[row] = largest(rowOf(x, row, width));
    },
    rowArgmax: (out, x, rows, width) => {
      for (let row = 0; row < rows; row++) {
        const values = rowOf(x, row, width);
        out.array[row] = values.indexOf(largest(values));
      }
    },
    columnSums: (out, x, rows, width, accumulate) => {
      for (let j = 0; j < width; j++) {
        let sum = accumulate === true ? out.array[j] : 0;
        for (let row = 0; row < rows; row++) sum += x.array[row * width + j];
        out.array[j] = sum;
      }
    },
  };
}

function rowOf(x: Floats, row: number, width: number): Float32Array {
  return x.array.subarray(row * width, (row + 1) * width);
}

function largest(values: Float32Array): number {
  let peak = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > peak) peak = value;
  return peak;
}
