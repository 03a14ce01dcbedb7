import { LEAKY_SLOPE } from "../activations/activations.js";
import { referenceActivations, valueOf } from "../activations/reference.js";
import { type Memory } from "../memory.js";
import { type LinearKernels } from "./linear.js";

/** Plain affine maps, summed in float64. */
export function referenceLinear(memory: Memory): LinearKernels {
  const { activationGradient } = referenceActivations();
  return {
    linear: (out, x, weight, bias, shape, input) => {
      const { rows, inputs, outputs, activation = "none", slope = LEAKY_SLOPE } = shape;
      for (let row = 0; row < rows; row++) {
        for (let j = 0; j < outputs; j++) {
          let sum = bias === null ? 0 : bias.array[j];
          for (let i = 0; i < inputs; i++) sum += x.array[row * inputs + i] * weight.array[i * outputs + j];
          if (input) input.array[row * outputs + j] = sum;
          out.array[row * outputs + j] = valueOf(activation, sum, slope);
        }
      }
    },
    linearGradient: (out, gradient, x, weight, saved, shape) => {
      const { rows, inputs, outputs, activation = "none" } = shape;
      memory.withScratch((scratch) => {
        const inner = activation === "none" ? gradient : scratch.floats(rows * outputs);
        if (activation !== "none") activationGradient(inner, gradient, saved, activation, shape.slope);
        const slopes = inner.array;
        if (out.x) {
          for (let at = 0; at < rows * inputs; at++) {
            const [row, i] = [Math.floor(at / inputs), at % inputs];
            let sum = 0;
            for (let j = 0; j < outputs; j++) sum += slopes[row * outputs + j] * weight.array[i * outputs + j];
            out.x.array[at] = sum;
          }
        }
        const keep = out.accumulate === true ? 1 : 0;
        for (let j = 0; j < outputs; j++) {
          for (let i = 0; out.weight && i < inputs; i++) {
            let sum = keep === 1 ? out.weight.array[i * outputs + j] : 0;
            for (let row = 0; row < rows; row++) sum += x.array[row * inputs + i] * slopes[row * outputs + j];
            out.weight.array[i * outputs + j] = sum;
          }
          if (!out.bias) continue;
          let sum = keep === 1 ? out.bias.array[j] : 0;
          for (let row = 0; row < rows; row++) sum += slopes[row * outputs + j];
          out.bias.array[j] = sum;
        }
      });
    },
  };
}
