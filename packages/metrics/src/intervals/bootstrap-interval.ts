import { PlatformError, type Random } from "@sequitur/core";
import { quantile, resampledMeans, standardDeviation } from "./resampled-means.js";
import { samplingUnits } from "./sampling-units.js";

export interface BootstrapOptions {
  readonly random: Random;
  /** Probability that the interval is to cover, in (0, 1). */
  readonly level?: number;
  /** Bootstrap samples, a positive integer. */
  readonly resamples?: number;
  /** (B) label of each value, such as the user of the query; values of one label are drawn together. NONE: alone. */
  readonly clusters?: Int32Array;
}

/** A mean with its bootstrap percentile interval. */
export interface Interval {
  /** Values that were defined (not NaN); the mean is over these. */
  readonly count: number;
  /** NaN when count is 0. */
  readonly mean: number;
  /** NaN, like high and standardError, when there are fewer than two values (or clusters) to draw from. */
  readonly low: number;
  readonly high: number;
  /** Standard deviation of the means of the bootstrap samples. */
  readonly standardError: number;
}

export const DEFAULT_LEVEL = 0.95;
export const DEFAULT_RESAMPLES = 2000;

/**
 * The mean of the values and its percentile interval (Efron 1979): the (1 - level) / 2 and (1 + level) / 2 quantiles of
 * the means of samples drawn with replacement. Undefined values (NaN) are left out. O(resamples x values).
 */
export function bootstrapInterval(values: Float64Array, options: BootstrapOptions): Interval {
  const { random, level = DEFAULT_LEVEL, resamples = DEFAULT_RESAMPLES, clusters } = options;
  checkLevel(level);
  const { count, mean, sums, weights } = samplingUnits(values, clusters);
  const means = resampledMeans(sums, weights, resamples, random);
  if (sums.length < 2) return { count, mean, low: Number.NaN, high: Number.NaN, standardError: Number.NaN };
  const standardError = standardDeviation(means);
  means.sort();
  return { count, mean, low: quantile(means, (1 - level) / 2), high: quantile(means, (1 + level) / 2), standardError };
}

/** The interval when values come in clusters that are drawn whole: for queries, the users that ask them. */
export function clusterBootstrap(
  values: Float64Array,
  clusters: Int32Array,
  options: Omit<BootstrapOptions, "clusters">,
): Interval {
  return bootstrapInterval(values, { ...options, clusters });
}

/** Throws unless level is in (0, 1). */
export function checkLevel(level: number): void {
  if (!(level > 0 && level < 1)) throw new PlatformError("bad-config", `level must be in (0, 1), got ${level}.`);
}
