import { PlatformError, type Catalog } from "@sequitur/core";
import type { Floats } from "@sequitur/kernels";
import type { Weights } from "@sequitur/nn";
import type { Encoder } from "./encoder.js";

/** What a model is made of. */
export interface SequenceModelParts {
  readonly name: string;
  readonly config: unknown;
  readonly catalog: Catalog;
  readonly weights: Weights;
  /** (N) share of the training interactions: the scores of a history without a known item. */
  readonly shares: Float32Array;
  /** (N) above 0 where an item has a vector, so that it is read and scored; the shares say it where this is absent. */
  readonly known?: ArrayLike<number>;
  readonly maxLength: number;
  readonly encoder: Encoder;
  /** (N, D), and (N) or nothing. */
  readonly output: { readonly table: Floats; readonly bias: Floats | undefined };
  /** Scores of states (rows, D) in place of the output's, for a head that is no table. */
  readonly scoreStates?: (states: Floats, rows: number, candidates?: Int32Array) => Float32Array;
}

/** Whether an item index can be read and scored. */
export function isKnown({ known, shares }: Pick<SequenceModelParts, "known" | "shares">, item: number): boolean {
  return (known ?? shares)[item]! > 0;
}

/** A history, oldest first. */
export interface History {
  readonly items: ArrayLike<number>;
  /** ms since the epoch, UTC. */
  readonly times: ArrayLike<number>;
}

/** A history of these items, all at once where no times come. `bad-data` when there are not as many times. */
export function historyOf(
  items: ArrayLike<number> = [],
  times: ArrayLike<number> = new Float64Array(items.length),
): History {
  if (times.length === items.length) return { items, times };
  throw new PlatformError("bad-data", `a session of ${items.length} items needs as many times, got ${times.length}.`);
}

/** The newest known items with their times, oldest first, at most `maxLength` of them. */
export function readable(
  history: History,
  parts: Pick<SequenceModelParts, "known" | "shares" | "maxLength">,
): { readonly items: number[]; readonly times: number[] } {
  const [items, times]: [number[], number[]] = [[], []];
  for (let at = history.items.length - 1; at >= 0 && items.length < parts.maxLength; at--) {
    const item = history.items[at]!;
    if (!isKnown(parts, item)) continue;
    items.push(item);
    times.push(history.times[at]!);
  }
  return { items: items.reverse(), times: times.reverse() };
}

/** Popularity, of the candidates when there are any. */
export function sharesOf(shares: Float32Array, candidates?: Int32Array): Float32Array {
  return candidates === undefined ? shares : Float32Array.from(candidates, (item) => shares[item]!);
}
