import { PlatformError } from "@sequitur/core";
import { type Floats } from "../block.js";
import { needs } from "../checks.js";

/**
 * The activations, in the order of the codes of assembly/activations.ts. `gelu` is the tanh form
 * (0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))); `silu` is x sigmoid(x); `leakyRelu` takes a slope.
 */
export const ACTIVATIONS = ["none", "relu", "gelu", "silu", "leakyRelu", "tanh", "sigmoid"] as const;

/** The name of an activation. */
export type Activation = (typeof ACTIVATIONS)[number];

/** Slope of `leakyRelu` below 0 when none is given. */
export const LEAKY_SLOPE = 0.01;

/** True where the gradient needs the activation's input (GELU, SiLU); for the others the output is enough. */
export function savesInput(activation: Activation): boolean {
  return activation === "gelu" || activation === "silu";
}

/** Activations element by element, over all of `out`, which may be one of the inputs. */
export interface ActivationKernels {
  /** out = activation(x). NaN stays NaN. */
  readonly activate: (out: Floats, x: Floats, activation: Activation, slope?: number) => void;
  /** out = gradient * activation'. `saved` is the activation's output, or its input where `savesInput`. */
  readonly activationGradient: (
    out: Floats,
    gradient: Floats,
    saved: Floats,
    activation: Activation,
    slope?: number,
  ) => void;
}

/** The kernels with their shapes checked first. */
export function checkedActivations(body: ActivationKernels): ActivationKernels {
  return {
    activate: (out, x, activation, slope) => {
      needs(out, 0, "activate: out");
      needs(x, out.length, "activate: x");
      activationCode(activation);
      body.activate(out, x, activation, slope);
    },
    activationGradient: (out, gradient, saved, activation, slope) => {
      needs(out, 0, "activationGradient: out");
      needs(gradient, out.length, "activationGradient: gradient");
      needs(saved, out.length, "activationGradient: saved");
      activationCode(activation);
      body.activationGradient(out, gradient, saved, activation, slope);
    },
  };
}

/** The number by which the module knows an activation. */
export function activationCode(activation: Activation): number {
  const code = ACTIVATIONS.indexOf(activation);
  if (code >= 0) return code;
  throw new PlatformError("bad-config", `activation must be one of ${ACTIVATIONS.join(", ")}, got ${activation}.`);
}
