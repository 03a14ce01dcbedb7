import { type WasmContext } from "../wasm-context.js";
import { activationCode, LEAKY_SLOPE, type ActivationKernels } from "./activations.js";

interface ActivationExports {
  readonly activate: (out: number, x: number, count: number, code: number, slope: number) => void;
  readonly activationGradient: (
    out: number,
    gradient: number,
    saved: number,
    count: number,
    code: number,
    slope: number,
  ) => void;
}

/** Compiled activations (assembly/activations.ts). */
export function wasmActivations(context: WasmContext): ActivationKernels {
  const exports = context.exports as unknown as ActivationExports;
  return {
    activate: (out, x, activation, slope = LEAKY_SLOPE) =>
      exports.activate(out.offset, x.offset, out.length, activationCode(activation), slope),
    activationGradient: (out, gradient, saved, activation, slope = LEAKY_SLOPE) =>
      exports.activationGradient(
        out.offset,
        gradient.offset,
        saved.offset,
        out.length,
        activationCode(activation),
        slope,
      ),
  };
}
