import { type Floats } from "../block.js";
import { needs } from "../checks.js";

/** Arithmetic element by element, over all of `out`. `out` may be one of the inputs. */
export interface ElementwiseKernels {
  /** out = value. */
  readonly fill: (out: Floats, value: number) => void;
  /** out = a + b. */
  readonly add: (out: Floats, a: Floats, b: Floats) => void;
  /** out = a - b. */
  readonly subtract: (out: Floats, a: Floats, b: Floats) => void;
  /** out = a * b. */
  readonly multiply: (out: Floats, a: Floats, b: Floats) => void;
  /** out = a / b. */
  readonly divide: (out: Floats, a: Floats, b: Floats) => void;
  /** out = x * factor. */
  readonly scale: (out: Floats, x: Floats, factor: number) => void;
  /** out += x * factor. */
  readonly axpy: (out: Floats, x: Floats, factor: number) => void;
}

/** The kernels with their shapes checked first. */
export function checkedElementwise(body: ElementwiseKernels): ElementwiseKernels {
  const checkedPair = (name: "add" | "subtract" | "multiply" | "divide"): ElementwiseKernels["add"] => {
    const kernel = body[name];
    return (out, a, b) => {
      needs(out, 0, "out", name);
      needs(a, out.length, "a", name);
      needs(b, out.length, "b", name);
      kernel(out, a, b);
    };
  };
  return {
    fill: (out, value) => {
      needs(out, 0, "fill: out");
      body.fill(out, value);
    },
    add: checkedPair("add"),
    subtract: checkedPair("subtract"),
    multiply: checkedPair("multiply"),
    divide: checkedPair("divide"),
    scale: (out, x, factor) => {
      needs(out, 0, "scale: out");
      needs(x, out.length, "scale: x");
      body.scale(out, x, factor);
    },
    axpy: (out, x, factor) => {
      needs(out, 0, "axpy: out");
      needs(x, out.length, "axpy: x");
      body.axpy(out, x, factor);
    },
  };
}
