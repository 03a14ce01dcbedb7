import { type Floats } from "../block.js";
import { type OptimiserKernels, type SparseRows, type StepOptions } from "./optimisers.js";

/** Plain optimiser steps in float64, stored as float32. */
export function referenceOptimisers(): OptimiserKernels {
  return {
    adam: (out, gradient, m, v, options, rows) => {
      const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, step } = options;
      const [first, second] = [1 - beta1 ** step, 1 - beta2 ** step];
      eachElement(out, gradient, options, rows, (at, g) => {
        m.array[at] = beta1 * m.array[at] + (1 - beta1) * g;
        v.array[at] = beta2 * v.array[at] + (1 - beta2) * g * g;
        return m.array[at] / first / (Math.sqrt(v.array[at] / second) + epsilon);
      });
    },
    sgd: (out, gradient, velocity, options, rows) => {
      const { momentum = 0 } = options;
      eachElement(out, gradient, options, rows, (at, g) => {
        if (velocity === null || momentum === 0) return g;
        velocity.array[at] = momentum * velocity.array[at] + g;
        return velocity.array[at];
      });
    },
    adagrad: (out, gradient, accumulator, options, rows) => {
      const { epsilon = 1e-10 } = options;
      eachElement(out, gradient, options, rows, (at, g) => {
        accumulator.array[at] += g * g;
        return g / (Math.sqrt(accumulator.array[at]) + epsilon);
      });
    },
    clipByNorm: (out, limit) => {
      let squares = 0;
      for (const block of out) for (const value of block.array) squares += value * value;
      const norm = Math.sqrt(squares);
      if (norm > limit && norm < Infinity) {
        for (const { array } of out) for (let i = 0; i < array.length; i++) array[i] *= limit / norm;
      }
      return norm;
    },
  };
}

/** p = (1 - learningRate decay) p - learningRate direction(where, gradient + l2 p) for every element the step touches. */
function eachElement(
  out: Floats,
  gradient: Floats,
  { learningRate, decay = 0, l2 = 0 }: StepOptions,
  rows: SparseRows | null | undefined,
  direction: (at: number, gradient: number) => number,
): void {
  const count = rows ? rows.count * rows.width : out.length;
  for (let i = 0; i < count; i++) {
    const at = rows ? rows.indices.array[Math.floor(i / rows.width)] * rows.width + (i % rows.width) : i;
    const value = out.array[at];
    out.array[at] = value * (1 - learningRate * decay) - learningRate * direction(at, gradient.array[i] + l2 * value);
  }
}
