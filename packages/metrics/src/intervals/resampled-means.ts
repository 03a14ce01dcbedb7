import { PlatformError, type Random } from "@sequitur/core";

/**
 * (resamples) each the sum of `sums` over the sum of `weights` at n places drawn with replacement, n their common
 * length: with weights of 1 the mean of a bootstrap sample. Takes four draws of `random`.
 */
export function resampledMeans(
  sums: Float64Array,
  weights: Float64Array | undefined,
  resamples: number,
  random: Random,
): Float64Array {
  if (!(Number.isInteger(resamples) && resamples >= 1)) {
    throw new PlatformError("bad-config", `resamples must be a positive integer, got ${resamples}.`);
  }
  const n = sums.length;
  const means = new Float64Array(resamples);
  // xoshiro128** with its state in locals, seeded by `random`: 2000 resamples of 100,000 queries are 2e8 draws.
  let a = random.uint32() | 0;
  let b = random.uint32() | 0;
  let c = random.uint32() | 0;
  let d = random.uint32() | 1;
  // Scaling 32 bits to n places favours some by at most n / 2^32, far below the noise of the bootstrap.
  const scale = n / 4_294_967_296;
  for (let resample = 0; resample < resamples; resample++) {
    let sum = 0;
    let weight = weights === undefined ? n : 0;
    for (let i = 0; i < n; i++) {
      const x = Math.imul(b, 5);
      const drawn = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
      const t = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = (d << 11) | (d >>> 21);
      const place = (drawn * scale) | 0;
      sum += sums[place]!;
      if (weights !== undefined) weight += weights[place]!;
    }
    means[resample] = sum / weight;
  }
  return means;
}

/** The quantile at probability p of ascending values, linear between the two nearest (type 7 of Hyndman & Fan 1996). */
export function quantile(sorted: Float64Array, p: number): number {
  const place = p * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  return low + (place - below) * ((sorted[below + 1] ?? low) - low);
}

/** Sample standard deviation. */
export function standardDeviation(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / (values.length - 1));
}
