import { type Floats } from "../block.js";
import { type ElementwiseKernels } from "./elementwise.js";

/** Plain element by element arithmetic. */
export function referenceElementwise(): ElementwiseKernels {
  return {
    fill: (out, value) => void out.array.fill(value),
    add: pairwise((a, b) => a + b),
    subtract: pairwise((a, b) => a - b),
    multiply: pairwise((a, b) => a * b),
    divide: pairwise((a, b) => a / b),
    scale: (out, x, factor) => {
      const [result, input, by] = [out.array, x.array, Math.fround(factor)];
      for (let i = 0; i < result.length; i++) result[i] = input[i] * by;
    },
    axpy: (out, x, factor) => {
      const [result, input, by] = [out.array, x.array, Math.fround(factor)];
      for (let i = 0; i < result.length; i++) result[i] = result[i] + input[i] * by;
    },
  };
}

function pairwise(combine: (a: number, b: number) => number): (out: Floats, a: Floats, b: Floats) => void {
  return (out, a, b) => {
    const [result, left, right] = [out.array, a.array, b.array];
    for (let i = 0; i < result.length; i++) result[i] = combine(left[i], right[i]);
  };
}
