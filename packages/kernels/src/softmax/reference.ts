import { type SoftmaxKernels } from "./softmax.js";

/** Plain softmax in float64. */
export function referenceSoftmax(): SoftmaxKernels {
  return {
    softmax: (out, x, rows, width) => {
      for (let row = 0; row < rows; row++) {
        const values = Float64Array.from(x.array.subarray(row * width, (row + 1) * width));
        let peak = Number.NEGATIVE_INFINITY;
        for (const value of values) if (value > peak) peak = value;
        let sum = 0;
        for (const value of values) sum += Math.exp(value - peak);
        const hopeless = peak === Number.NEGATIVE_INFINITY;
        for (let j = 0; j < width; j++) {
          const share = Math.exp(values[j] - peak) / sum;
          out.array[row * width + j] = hopeless && !Number.isNaN(values[j]) ? 0 : share;
        }
      }
    },
    softmaxGradient: (out, gradient, y, rows, width) => {
      for (let row = 0; row < rows; row++) {
        let mean = 0;
        for (let at = row * width; at < (row + 1) * width; at++) mean += gradient.array[at] * y.array[at];
        for (let at = row * width; at < (row + 1) * width; at++) {
          out.array[at] = y.array[at] * (gradient.array[at] - mean);
        }
      }
    },
  };
}
