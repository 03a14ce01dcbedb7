import { studentQuantile } from "../distributions/student.js";
import { checkLevel, DEFAULT_LEVEL, type Interval } from "./interval.js";
import { samplingUnits, unitSums } from "./sampling-units.js";
import { shareLimits } from "./share-interval.js";

export interface IntervalOptions {
  /** Probability that the interval is to cover, in (0, 1); 0.95 when absent. */
  readonly level?: number;
  /** (B) label of each value, such as the user of the query; values of one label count as one unit. NONE: alone. */
  readonly clusters?: Int32Array;
}

/** A column as its mean is judged: by its units. */
export interface UnitMean {
  readonly count: number;
  readonly mean: number;
  /** Clusters, or single values. */
  readonly units: number;
  /** Of the mean, by the jackknife over units; NaN with fewer than two. */
  readonly standardError: number;
  /** Degrees of freedom: the effective number of units, less one. */
  readonly degrees: number;
}

/**
 * The mean of the values and an interval that covers it as often as it says, from about ten units on. Undefined values
 * (NaN) are left out. Values in [0, 1], such as hits or NDCG, get the limits of a share (`shareLimits`) of as many trials as
 * give the variance seen (Korn & Graubard 1998); so a column of zeros has an upper limit above 0, about 3 / units. Other
 * values get Student's t. Units of unequal size are judged by the jackknife.
 */
export function meanInterval(values: Float64Array, options: IntervalOptions = {}): Interval {
  const { level = DEFAULT_LEVEL, clusters } = options;
  checkLevel(level);
  const judged = unitMean(values, clusters);
  const isShare = values.every((value) => Number.isNaN(value) || (value >= 0 && value <= 1));
  const { count, mean, units, standardError } = judged;
  const limits = isShare ? limitsOfShares(judged, level) : amountInterval(judged, level);
  return { count, units, mean, ...limits, standardError };
}

/** The mean over the defined values, with the jackknife's error over units: each unit left out once. */
export function unitMean(values: Float64Array, clusters?: Int32Array): UnitMean {
  const units = samplingUnits(values, clusters);
  const { size, weights, count } = units;
  const sums = unitSums(units, values);
  const mean = sums.reduce((sum, value) => sum + value, 0) / count;
  let squares = 0;
  let shares = 0;
  for (let unit = 0; unit < size; unit++) {
    const share = weights[unit]! / count;
    // How far the mean moves when the unit is left out.
    const moved = (sums[unit]! - mean * weights[unit]!) / count / (1 - share);
    squares += size > 1 ? moved * moved : 0;
    shares += share * share;
  }
  const standardError = size < 2 ? Number.NaN : Math.sqrt(((size - 1) / size) * squares);
  return { count, mean, units: size, standardError, degrees: Math.max(1, 1 / shares - 1) };
}

/** Limits of a mean of values in [0, 1]; NaN with fewer than two units. */
export function limitsOfShares(judged: UnitMean, level: number): { low: number; high: number } {
  const { mean, units, standardError, degrees } = judged;
  if (units < 2) return { low: Number.NaN, high: Number.NaN };
  const tail = (1 - level) / 2;
  const variance = standardError ** 2 * ((units - 1) / units);
  const spread = mean * (1 - mean);
  // Values that do not differ say no more than as many hits or misses would.
  const isConstant = variance <= 1e-20 || spread <= 0;
  const trials = isConstant ? units : (spread / variance) * shrinkage(tail, degrees);
  const { low, high } = shareLimits(mean * trials, trials, tail);
  return { low: Math.min(low, mean), high: Math.max(high, mean) };
}

/** Fewer trials where the variance itself is known from few units: the ratio of normal and t quantiles, squared. */
function shrinkage(tail: number, degrees: number): number {
  return (studentQuantile(1 - tail, Infinity) / studentQuantile(1 - tail, degrees)) ** 2;
}

function amountInterval({ mean, units, standardError, degrees }: UnitMean, level: number) {
  if (units < 2 || standardError === 0) return { low: Number.NaN, high: Number.NaN };
  const reach = studentQuantile((1 + level) / 2, degrees) * standardError;
  return { low: mean - reach, high: mean + reach };
}
