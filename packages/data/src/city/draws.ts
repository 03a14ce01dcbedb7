import type { Random } from "@sequitur/core";

/** An index with probability proportional to its weight; weights are not negative and not all 0. */
export function drawWeighted(weights: ArrayLike<number>, random: Random): number {
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i]!;
  return drawFrom(weights, 0, weights.length, total, random);
}

/** The same over weights from .. to, whose sum is known; the index is that of the array. */
export function drawFrom(weights: ArrayLike<number>, from: number, to: number, total: number, random: Random): number {
  let rest = random.uniform() * total;
  let last = from;
  for (let i = from; i < to; i++) {
    const weight = weights[i]!;
    if (weight <= 0) continue;
    if (rest < weight) return i;
    rest -= weight;
    last = i;
  }
  // Rounding can leave a crumb beyond the last weight.
  return last;
}

/** A Poisson count (Knuth's product of uniforms, in parts of mean 16 so that nothing underflows). */
export function drawPoisson(mean: number, random: Random): number {
  let count = 0;
  for (let rest = mean; rest > 0; rest -= 16) {
    const limit = Math.exp(-Math.min(rest, 16));
    for (let product = random.uniform(); product > limit; product *= random.uniform()) count++;
  }
  return count;
}
