import type { Random } from "@sequitur/core";

/** What a person sees: K items from the top. */
export interface SeenSlate {
  readonly size: number;
  /** (K) utility of each: log-odds of a click, were it alone, against no click; -Infinity = never. */
  readonly utilities: Float64Array;
  /** (K) chance that a click satisfies. */
  readonly satisfactions: Float64Array;
}

/** How people go through a slate. */
export interface ClickModel {
  readonly name: string;
  /** Fills out (K) with the exact P(click at the position). */
  probabilities(out: Float64Array, slate: SeenSlate): void;
  /** Draws one reading of the slate: out (K) is 1 where a click was; gives whether the person left satisfied. */
  draw(out: Uint8Array, slate: SeenSlate, random: Random): boolean;
  /** The items of the slate of k with the most expected clicks, from (N) utilities and satisfactions of all items. */
  best(utilities: Float64Array, satisfactions: Float64Array, k: number): Int32Array;
}

/** Marks a click and draws whether it satisfies. */
export function clickAt(out: Uint8Array, slate: SeenSlate, position: number, random: Random): boolean {
  out[position] = 1;
  return random.uniform() < slate.satisfactions[position]!;
}

/** Items of the k largest utilities, largest first, ties to the lower index; what is at -Infinity is never among them. */
export function largest(utilities: Float64Array, k: number): Int32Array {
  const best = new Int32Array(k);
  let size = 0;
  for (let item = 0; item < utilities.length; item++) {
    const utility = utilities[item]!;
    if (utility === Number.NEGATIVE_INFINITY || (size === k && utility <= utilities[best[k - 1]!]!)) continue;
    let at = size < k ? size++ : k - 1;
    for (; at > 0 && utilities[best[at - 1]!]! < utility; at--) best[at] = best[at - 1]!;
    best[at] = item;
  }
  return best.subarray(0, size);
}
