import { type WasmContext } from "../wasm-context.js";
import { type RotaryKernels } from "./rotary.js";

interface RotaryExports {
  readonly rotate: (
    out: number,
    x: number,
    turns: number,
    rows: number,
    length: number,
    heads: number,
    turned: number,
    width: number,
    back: number,
  ) => void;
}

/** Compiled rotation (assembly/rotary.ts). */
export function wasmRotary(context: WasmContext): RotaryKernels {
  const exports = context.exports as unknown as RotaryExports;
  return {
    rotate: (out, x, turns, { rows, length, heads, width, turned = heads, back = false }) =>
      exports.rotate(out.offset, x.offset, turns.offset, rows, length, heads, turned, width, back ? 1 : 0),
  };
}
