import type { Random } from "@sequitur/core";
import { checkLevel, DEFAULT_LEVEL, type Interval } from "./interval.js";
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

export const DEFAULT_RESAMPLES = 2000;

/**
 * The mean of the values and its percentile interval (Efron 1979): the (1 - level) / 2 and (1 + level) / 2 quantiles of
 * the means of samples drawn with replacement. Undefined values (NaN) are left out. Too narrow below about a hundred
 * units and for rare values, where `meanInterval` holds. O(resamples x values).
 */
export function bootstrapInterval(values: Float64Array, options: BootstrapOptions): Interval {
  const { random, level = DEFAULT_LEVEL, resamples = DEFAULT_RESAMPLES, clusters } = options;
  checkLevel(level);
  const resampled = resampledMeans([values], { random, resamples, clusters })[0]!;
  const { count, units, mean } = resampled;
  return { count, units, mean, ...spreadOf(resampled, level) };
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
