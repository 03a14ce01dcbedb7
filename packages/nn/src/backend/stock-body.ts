import { type tf } from "../tensors.js";
import { type SequiturBackend } from "./sequitur-backend.js";

export type Inputs = Record<string, tf.TensorInfo>;
export type Attributes = Record<string, unknown>;

/** A stock kernel on our backend; `fallback` is the CPU one, for cases that ours leaves alone. */
export type Body = (
  backend: SequiturBackend,
  inputs: Inputs,
  attributes: Attributes,
  fallback: () => tf.TensorInfo,
) => tf.TensorInfo;

export function product(sizes: readonly number[]): number {
  let all = 1;
  for (const size of sizes) all *= size;
  return all;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
