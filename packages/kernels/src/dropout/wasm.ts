import { type WasmContext } from "../wasm-context.js";
import { type DropoutKernels, keepThreshold } from "./dropout.js";

interface DropoutExports {
  readonly dropout: (
    out: number,
    x: number,
    count: number,
    threshold: number,
    scale: number,
    seed: number,
    counter: number,
  ) => void;
}

/** Compiled dropout (assembly/dropout.ts). */
export function wasmDropout(context: WasmContext): DropoutKernels {
  const exports = context.exports as unknown as DropoutExports;
  return {
    dropout: (out, x, { rate, seed, counter }) =>
      exports.dropout(out.offset, x.offset, out.length, keepThreshold(rate), 1 / (1 - rate), seed, counter),
  };
}
