import { LEAKY_SLOPE, type Activation, type ActivationKernels } from "./activations.js";

const GELU_SCALE = Math.sqrt(2 / Math.PI);
const GELU_CUBE = 0.044715;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Plain activations in float64. */
export function referenceActivations(): ActivationKernels {
  return {
    activate: (out, x, activation, slope = LEAKY_SLOPE) => {
      const [result, input] = [out.array, x.array];
      for (let i = 0; i < result.length; i++) result[i] = valueOf(activation, input[i], slope);
    },
    activationGradient: (out, gradient, saved, activation, slope = LEAKY_SLOPE) => {
      const [result, upstream, kept] = [out.array, gradient.array, saved.array];
      for (let i = 0; i < result.length; i++) result[i] = gradientOf(activation, upstream[i], kept[i], slope);
    },
  };
}

/** activation(x). */
export function valueOf(activation: Activation, x: number, slope: number): number {
  switch (activation) {
    case "none":
      return x;
    case "relu":
      return x < 0 ? 0 : x;
    case "gelu":
      return 0.5 * x * (1 + Math.tanh(GELU_SCALE * (x + GELU_CUBE * x ** 3)));
    case "silu":
      return x * sigmoid(x);
    case "leakyRelu":
      return x > 0 ? x : x * slope;
    case "tanh":
      return Math.tanh(x);
    case "sigmoid":
      return sigmoid(x);
  }
}

function gradientOf(activation: Activation, gradient: number, saved: number, slope: number): number {
  switch (activation) {
    case "none":
      return gradient;
    case "relu":
      return saved > 0 ? gradient : 0;
    case "gelu": {
      const t = Math.tanh(GELU_SCALE * (saved + GELU_CUBE * saved ** 3));
      const inner = GELU_SCALE * (1 + 3 * GELU_CUBE * saved ** 2);
      return gradient * (0.5 * (1 + t) + 0.5 * saved * (1 - t * t) * inner);
    }
    case "silu": {
      const gate = sigmoid(saved);
      return gradient * gate * (1 + saved * (1 - gate));
    }
    case "leakyRelu":
      return saved > 0 ? gradient : gradient * slope;
    case "tanh":
      return gradient * (1 - saved * saved);
    case "sigmoid":
      return gradient * saved * (1 - saved);
  }
}
