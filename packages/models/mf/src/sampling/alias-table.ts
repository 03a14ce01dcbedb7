import { PlatformError } from "@sequitur/core";

/** Draws place i with probability proportional to its weight: place i when uniform < keep[i], else other[i]. */
export interface AliasTable {
  /** (N) in [0, 1]. */
  readonly keep: Float32Array;
  /** (N) a place. */
  readonly other: Int32Array;
}

/** Walker's alias table, built in one pass as Vose (1991) does. Weights are finite, not negative, not all 0. */
export function aliasTable(weights: ArrayLike<number>): AliasTable {
  const size = weights.length;
  let total = 0;
  for (let i = 0; i < size; i++) {
    const weight = weights[i]!;
    if (!(Number.isFinite(weight) && weight >= 0)) {
      throw new PlatformError("bad-config", `weights must be finite and not negative, got ${weight} at ${i}.`);
    }
    total += weight;
  }
  if (!(total > 0)) throw new PlatformError("bad-config", `weights must have a positive sum, got ${total}.`);
  const share = Float64Array.from({ length: size }, (_, i) => (weights[i]! * size) / total);
  const keep = new Float32Array(size).fill(1);
  const other = Int32Array.from({ length: size }, (_, i) => i);
  const small: number[] = [];
  const large: number[] = [];
  for (let i = 0; i < size; i++) (share[i]! < 1 ? small : large).push(i);
  while (small.length > 0 && large.length > 0) {
    const low = small.pop()!;
    const high = large.at(-1)!;
    keep[low] = share[low]!;
    other[low] = high;
    share[high]! -= 1 - share[low]!;
    if (share[high]! < 1) small.push(large.pop()!);
  }
  return { keep, other };
}
