import {
  DEFAULT_LEVEL,
  DEFAULT_RESAMPLES,
  checkLevel,
  type BootstrapOptions,
} from "../intervals/bootstrap-interval.js";
import { quantile, resampledMeans, standardDeviation } from "../intervals/resampled-means.js";
import { samplingUnits } from "../intervals/sampling-units.js";
import { pairedDifferences, ROUNDING } from "./paired-differences.js";

/** The mean difference of two runs over the same queries, by bootstrap. */
export interface PairedBootstrap {
  /** Pairs in which both values were defined. */
  readonly count: number;
  /** Mean of a - b. */
  readonly difference: number;
  /** Percentile interval of the difference; NaN, like standardError, with fewer than two pairs (or clusters). */
  readonly low: number;
  readonly high: number;
  readonly standardError: number;
  /** Two-sided, in (0, 1]; 1 with fewer than two pairs. */
  readonly pValue: number;
}

/**
 * Resamples the differences a - b of each query. The p-value is the share of samples whose mean, once the differences
 * are shifted to mean 0, is at least as far from 0 as the one observed, (1 + #) / (1 + resamples) (Efron & Tibshirani
 * 1993, ch. 16): it cannot be smaller than 1 / (1 + resamples), and says little below about ten pairs.
 */
export function pairedBootstrap(a: Float64Array, b: Float64Array, options: BootstrapOptions): PairedBootstrap {
  const { random, level = DEFAULT_LEVEL, resamples = DEFAULT_RESAMPLES, clusters } = options;
  checkLevel(level);
  const { count, mean: difference, sums, weights } = samplingUnits(pairedDifferences(a, b), clusters);
  const means = resampledMeans(sums, weights, resamples, random);
  if (sums.length < 2) {
    return { count, difference, low: Number.NaN, high: Number.NaN, standardError: Number.NaN, pValue: 1 };
  }
  const observed = Math.abs(difference) * (1 - ROUNDING);
  let asFar = 0;
  for (const mean of means) if (Math.abs(mean - difference) >= observed) asFar++;
  const standardError = standardDeviation(means);
  means.sort();
  return {
    count,
    difference,
    low: quantile(means, (1 - level) / 2),
    high: quantile(means, (1 + level) / 2),
    standardError,
    pValue: (1 + asFar) / (1 + resamples),
  };
}
