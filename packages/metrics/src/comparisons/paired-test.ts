import type { Random } from "@sequitur/core";
import { checkLevel, DEFAULT_LEVEL } from "../intervals/interval.js";
import { unitMean } from "../intervals/mean-interval.js";
import { samplingUnits, unitSums } from "../intervals/sampling-units.js";
import { pairedDifferences } from "./paired-differences.js";
import { pairedLimits } from "./paired-interval.js";
import { signFlips, type SignFlips } from "./sign-flips.js";

export interface PairedTestOptions {
  readonly random: Random;
  /** Probability that the interval is to cover, in (0, 1); 0.95 when absent. */
  readonly level?: number;
  /** Random sign patterns of the test, a positive integer; 2,000 when absent. */
  readonly resamples?: number;
  /** (B) label of each pair, such as the user of the query: pairs of one label change sign together. NONE: alone. */
  readonly clusters?: Int32Array;
}

/** The mean difference of two runs over the same queries. */
export interface PairedTest {
  /** Pairs in which both values were defined. */
  readonly count: number;
  /** Independent units among them: clusters, or the pairs themselves. */
  readonly units: number;
  /** Mean of a - b. */
  readonly difference: number;
  /** NaN, like standardError, with fewer than two units. */
  readonly low: number;
  readonly high: number;
  readonly standardError: number;
  /** Two-sided, in (0, 1], by random signs; 1 with fewer than two units. */
  readonly pValue: number;
  /** Whether all sign patterns were tried. */
  readonly exact: boolean;
}

const DEFAULT_RESAMPLES = 2000;

/** The mean of a - b over the pairs, its interval (`pairedLimits`) and the p-value of Fisher's randomisation test. */
export function pairedTest(a: Float64Array, b: Float64Array, options: PairedTestOptions): PairedTest {
  return pairedTests([a], b, options)[0]!;
}

/** Each run against the same b. Runs that are defined in the same rows share their signs; each is what `pairedTest` gives. */
export function pairedTests(
  runs: readonly Float64Array[],
  b: Float64Array,
  options: PairedTestOptions,
): readonly PairedTest[] {
  const { random, level = DEFAULT_LEVEL, resamples = DEFAULT_RESAMPLES, clusters } = options;
  checkLevel(level);
  const columns = runs.map((a) => pairedDifferences(a, b));
  const sums = columns.map((differences) => unitSums(samplingUnits(differences, clusters), differences));
  const flips = new Array<SignFlips>(runs.length);
  const sizes = new Set(sums.map(({ length }) => length));
  for (const size of sizes) {
    const places = [...sums.keys()].filter((place) => sums[place]!.length === size);
    const found = signFlips(
      places.map((place) => sums[place]!),
      resamples,
      random.fork("signs"),
    );
    places.forEach((place, i) => (flips[place] = found[i]!));
  }
  return columns.map((differences, i) => {
    const judged = unitMean(differences, clusters);
    const { count, units, mean: difference, standardError } = judged;
    const { pValue, exact } = flips[i]!;
    const limits = pairedLimits(differences, judged, level, clusters);
    return { count, units, difference, ...limits, standardError, pValue: units < 2 ? 1 : pValue, exact };
  });
}
