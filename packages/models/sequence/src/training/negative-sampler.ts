import { PlatformError, type Random } from "@sequitur/core";

/** Draws items to compare targets with, and knows how likely each draw is. */
export interface NegativeSampler {
  /** K items, repeats possible. */
  draw(random: Random): Int32Array;
  /** (N) ln of how often an item is expected among the K; 0 where it cannot be drawn. */
  readonly logExpected: Float32Array;
  /** Items that can be drawn. */
  readonly population: number;
}

/** Draws `count` items with replacement, each in proportion to counts[i]^power; items without a count never. */
export function negativeSampler(counts: Int32Array, count: number, power: number): NegativeSampler {
  const cumulative = new Float64Array(counts.length);
  let total = 0;
  let population = 0;
  counts.forEach((n, item) => {
    if (n > 0) population += 1;
    total += n > 0 ? n ** power : 0;
    cumulative[item] = total;
  });
  if (!(total > 0)) throw new PlatformError("bad-data", "negatives need at least one trained item, got none.");
  const logExpected = Float32Array.from(counts, (n) => (n > 0 ? Math.log((count * n ** power) / total) : 0));
  const draw = (random: Random): Int32Array =>
    Int32Array.from({ length: count }, () => firstAbove(cumulative, random.uniform() * total));
  return { draw, logExpected, population };
}

/** The first index whose value is above `x`. */
function firstAbove(ascending: Float64Array, x: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! > x) high = middle;
    else low = middle + 1;
  }
  return low;
}
