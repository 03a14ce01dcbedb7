import type { SparseRows } from "./sparse-rows.js";

/** How a history becomes words. */
export interface ProfileOptions {
  /** Items with words that are read, the first ones. */
  readonly maxItems: number;
  /** An item counts this much of the one with words before it. */
  readonly fade: number;
  /** What an item says, below 0 for one that is not wanted; 1 each when absent. */
  readonly weightOf?: ((item: number) => number) | undefined;
}

/** Word -> its weight in the profile, of unit length, of distinct items, newest first; empty when none has words. */
export function wordProfile(
  newest: ArrayLike<number>,
  items: SparseRows,
  { maxItems, fade, weightOf }: ProfileOptions,
): Map<number, number> {
  const profile = new Map<number, number>();
  let read = 0;
  for (let at = 0; at < newest.length && read < maxItems; at++) {
    const [start, end] = [items.offsets[newest[at]!]!, items.offsets[newest[at]! + 1]!];
    if (start === end) continue;
    const weight = fade ** read++ * (weightOf?.(newest[at]!) ?? 1);
    for (let p = start; p < end; p++) {
      const word = items.columns[p]!;
      profile.set(word, (profile.get(word) ?? 0) + weight * items.values[p]!);
    }
  }
  let square = 0;
  for (const weight of profile.values()) square += weight ** 2;
  for (const [word, weight] of profile) profile.set(word, weight / Math.sqrt(square));
  return profile;
}

/** Adds to a row (N) the product of a profile with the words (W, N). */
export function addLikeness(row: Float32Array, profile: ReadonlyMap<number, number>, words: SparseRows): void {
  const { offsets, columns, values } = words;
  for (const [word, weight] of profile) {
    for (let p = offsets[word]!; p < offsets[word + 1]!; p++) row[columns[p]!]! += weight * values[p]!;
  }
}
