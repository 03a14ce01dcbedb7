import { PlatformError, type Random } from "@sequitur/core";
import { quantile, resampledMeans, standardDeviation, type ResampledMeans } from "./resampled-means.js";

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
  return bootstrapIntervals([values], options)[0]!;
}

/**
 * The interval of each column of values over the same queries. Columns share their draws, which costs little more than
 * one interval and makes them differ by their values alone; each is the one that `bootstrapInterval` gives.
 */
export function bootstrapIntervals(columns: readonly Float64Array[], options: BootstrapOptions): readonly Interval[] {
  const { random, level = DEFAULT_LEVEL, resamples = DEFAULT_RESAMPLES, clusters } = options;
  checkLevel(level);
  return resampledMeans(columns, { random, resamples, clusters }).map((resampled) => {
    const { count, mean } = resampled;
    return { count, mean, ...spreadOf(resampled, level) };
  });
}

/** The percentile interval of the means of bootstrap samples and their deviation; NaN with fewer than two units. */
export function spreadOf(
  { means, units }: ResampledMeans,
  level: number,
): Pick<Interval, "low" | "high" | "standardError"> {
  if (units < 2) return { low: Number.NaN, high: Number.NaN, standardError: Number.NaN };
  return {
    low: quantile(means, (1 - level) / 2),
    high: quantile(means, (1 + level) / 2),
    standardError: standardDeviation(means),
  };
}

/** Throws unless level is in (0, 1). */
export function checkLevel(level: number): void {
  if (!(level > 0 && level < 1)) throw new PlatformError("bad-config", `level must be in (0, 1), got ${level}.`);
}
