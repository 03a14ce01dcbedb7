import type { Catalog } from "@sequitur/core";
import type { Floats } from "@sequitur/kernels";
import type { Encoder } from "./encoder.js";
import type { Weights } from "./weights.js";

/** What a model is made of. */
export interface SequenceModelParts {
  readonly name: string;
  readonly config: unknown;
  readonly catalog: Catalog;
  readonly weights: Weights;
  /** (N) share of the training interactions: the scores of an empty history; items of share 0 are not read. */
  readonly shares: Float32Array;
  readonly maxLength: number;
  readonly encoder: Encoder;
  /** (N, D), and (N) or nothing. */
  readonly output: { readonly table: Floats; readonly bias: Floats | undefined };
}

/** The newest items that training met, oldest first, at most `maxLength` of them. */
export function readable(history: ArrayLike<number>, shares: Float32Array, maxLength: number): Int32Array {
  const items: number[] = [];
  for (let at = history.length - 1; at >= 0 && items.length < maxLength; at--) {
    const item = history[at]!;
    if (shares[item]! > 0) items.push(item);
  }
  return Int32Array.from(items.reverse());
}

/** Popularity, of the candidates when there are any. */
export function sharesOf(shares: Float32Array, candidates?: Int32Array): Float32Array {
  return candidates === undefined ? shares : Float32Array.from(candidates, (item) => shares[item]!);
}
