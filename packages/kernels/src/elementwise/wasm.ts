import { type WasmContext } from "../wasm-context.js";
import { type ElementwiseKernels } from "./elementwise.js";

interface ElementwiseExports {
  readonly fill: (out: number, value: number, count: number) => void;
  readonly add: (out: number, a: number, b: number, count: number) => void;
  readonly subtract: (out: number, a: number, b: number, count: number) => void;
  readonly multiply: (out: number, a: number, b: number, count: number) => void;
  readonly divide: (out: number, a: number, b: number, count: number) => void;
  readonly scale: (out: number, x: number, factor: number, count: number) => void;
  readonly axpy: (out: number, x: number, factor: number, count: number) => void;
}

/** Compiled element by element arithmetic (assembly/elementwise.ts). */
export function wasmElementwise(context: WasmContext): ElementwiseKernels {
  const exports = context.exports as unknown as ElementwiseExports;
  return {
    fill: (out, value) => exports.fill(out.offset, value, out.length),
    add: (out, a, b) => exports.add(out.offset, a.offset, b.offset, out.length),
    subtract: (out, a, b) => exports.subtract(out.offset, a.offset, b.offset, out.length),
    multiply: (out, a, b) => exports.multiply(out.offset, a.offset, b.offset, out.length),
    divide: (out, a, b) => exports.divide(out.offset, a.offset, b.offset, out.length),
    scale: (out, x, factor) => exports.scale(out.offset, x.offset, factor, out.length),
    axpy: (out, x, factor) => exports.axpy(out.offset, x.offset, factor, out.length),
  };
}
