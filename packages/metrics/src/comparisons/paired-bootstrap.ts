import {
  DEFAULT_LEVEL,
  DEFAULT_RESAMPLES,
  checkLevel,
  spreadOf,
  type BootstrapOptions,
} from "../intervals/bootstrap-interval.js";
import { resampledMeans } from "../intervals/resampled-means.js";
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
  return pairedBootstraps([a], b, options)[0]!;
}

/** Each run against the same b, with shared draws; each is what `pairedBootstrap` gives. */
export function pairedBootstraps(
  runs: readonly Float64Array[],
  b: Float64Array,
  options: BootstrapOptions,
): readonly PairedBootstrap[] {
  const { random, level = DEFAULT_LEVEL, resamples = DEFAULT_RESAMPLES, clusters } = options;
  checkLevel(level);
  const differences = runs.map((a) => pairedDifferences(a, b));
  return resampledMeans(differences, { random, resamples, clusters }).map((resampled) => {
    const { count, mean: difference, means, units } = resampled;
    const observed = Math.abs(difference) * (1 - ROUNDING);
    const asFar = means.reduce((sum, mean) => sum + Number(Math.abs(mean - difference) >= observed), 0);
    const pValue = units < 2 ? 1 : (1 + asFar) / (1 + resamples);
    return { count, difference, ...spreadOf(resampled, level), pValue };
  });
}
