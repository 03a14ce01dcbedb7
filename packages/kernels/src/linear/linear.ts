import { type Activation, savesInput } from "../activations/activations.js";
import { type Floats } from "../block.js";
import { isSize, needs, needsIfGiven, needsSizes } from "../checks.js";

/** Sizes of an affine map and what follows it. */
export interface LinearShape {
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Default `none`. */
  readonly activation?: Activation;
  /** Slope of `leakyRelu`. */
  readonly slope?: number;
}

/** Where the gradients of an affine map go; what is left out is not computed. */
export interface LinearGradients {
  /** (rows, inputs), replaced. */
  readonly x?: Floats | null;
  /** (inputs, outputs). */
  readonly weight?: Floats | null;
  /** (outputs). */
  readonly bias?: Floats | null;
  /** Adds to `weight` and `bias` instead of replacing them. */
  readonly accumulate?: boolean;
}

/** Affine map, bias and activation as one operation. */
export interface LinearKernels {
  /**
   * out = activation(x W + b): x (rows, inputs), W (inputs, outputs), b (outputs) or null, out (rows, outputs).
   * Where the activation `savesInput` and a gradient will be asked for, give `input` (rows, outputs): it receives
   * x W + b.
   */
  readonly linear: (
    out: Floats,
    x: Floats,
    weight: Floats,
    bias: Floats | null,
    shape: LinearShape,
    input?: Floats | null,
  ) => void;
  /** The gradients of `linear`, given that of its output; `saved` is its `input` where `savesInput`, else its `out`. */
  readonly linearGradient: (
    out: LinearGradients,
    gradient: Floats,
    x: Floats,
    weight: Floats,
    saved: Floats,
    shape: LinearShape,
  ) => void;
}

/** The kernels with their shapes checked first. */
export function checkedLinear(body: LinearKernels): LinearKernels {
  return {
    linear: (out, x, weight, bias, shape, input) => {
      const { rows, inputs, outputs } = shape;
      if (!(isSize(rows) && isSize(inputs) && isSize(outputs))) needsSizes("linear", { rows, inputs, outputs });
      needs(out, rows * outputs, "linear: out (rows, outputs)");
      needs(x, rows * inputs, "linear: x (rows, inputs)");
      needs(weight, inputs * outputs, "linear: weight (inputs, outputs)");
      needsIfGiven(bias, outputs, "linear: bias (outputs)");
      needsIfGiven(input, rows * outputs, "linear: input (rows, outputs)");
      body.linear(out, x, weight, bias, shape, input);
    },
    linearGradient: (out, gradient, x, weight, saved, shape) => {
      const { rows, inputs, outputs, activation = "none" } = shape;
      needsSizes("linearGradient", { rows, inputs, outputs });
      needsIfGiven(out.x, rows * inputs, "linearGradient: out.x (rows, inputs)");
      needsIfGiven(out.weight, inputs * outputs, "linearGradient: out.weight (inputs, outputs)");
      needsIfGiven(out.bias, outputs, "linearGradient: out.bias (outputs)");
      needs(gradient, rows * outputs, "linearGradient: gradient (rows, outputs)");
      needs(x, rows * inputs, "linearGradient: x (rows, inputs)");
      needs(weight, inputs * outputs, "linearGradient: weight (inputs, outputs)");
      if (activation !== "none") {
        const what = savesInput(activation)
          ? "the input of the activation (rows, outputs)"
          : "the output (rows, outputs)";
        needs(saved, rows * outputs, what, "linearGradient: saved");
      }
      body.linearGradient(out, gradient, x, weight, saved, shape);
    },
  };
}
