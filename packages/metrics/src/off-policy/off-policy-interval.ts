import { PlatformError } from "@sequitur/core";
import {
  bootstrapInterval,
  DEFAULT_RESAMPLES,
  spreadOf,
  type BootstrapOptions,
} from "../intervals/bootstrap-interval.js";
import { checkLevel, DEFAULT_LEVEL, type Interval } from "../intervals/interval.js";
import { drawTimes } from "../intervals/resampled-means.js";
import { samplingUnits, unitSums } from "../intervals/sampling-units.js";
import { checkWhole } from "../experiments/check-number.js";
import { momentsOf } from "../experiments/moments.js";
import type { OffPolicyEstimate } from "./off-policy-estimate.js";

/**
 * The percentile bootstrap of an estimate: rows, or whole `clusters` of them (users, screens), are drawn with
 * replacement, numerator and denominator together, so that self-normalised estimates are resampled as what they are.
 * Too narrow where a few rows carry the weight: read the warnings beside it. One unit has no interval (NaN).
 */
export function bootstrapEstimate(estimate: OffPolicyEstimate, options: BootstrapOptions): Interval {
  const { contributions, denominators } = estimate;
  if (denominators === undefined) return bootstrapInterval(contributions, options);
  return bootstrapRatio(contributions, denominators, options);
}

function bootstrapRatio(tops: Float64Array, bottoms: Float64Array, options: BootstrapOptions): Interval {
  const { random, level = DEFAULT_LEVEL, resamples = DEFAULT_RESAMPLES, clusters } = options;
  checkLevel(level);
  checkWhole("resamples", resamples, 1);
  const units = samplingUnits(tops, clusters);
  const top = unitSums(units, tops);
  const bottom = unitSums(units, bottoms);
  const times = new Int32Array(units.size);
  const state = Int32Array.from({ length: 4 }, () => random.uint32());
  state[3]! |= 1;
  const ratios = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    drawTimes(times, state);
    let [above, below] = [0, 0];
    for (let unit = 0; unit < times.length; unit++) {
      above += times[unit]! * top[unit]!;
      below += times[unit]! * bottom[unit]!;
    }
    ratios[resample] = above / below;
  }
  // A sample without any weight says nothing of a self-normalised estimate.
  const means = ratios.filter((ratio) => !Number.isNaN(ratio));
  means.sort();
  const mean = sumOf(top) / sumOf(bottom);
  const { count, size } = units;
  return { count, units: size, mean, ...spreadOf({ count, mean, units: means.length > 0 ? size : 0, means }, level) };
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

export interface BernsteinOptions {
  readonly level?: number;
  /**
   * Bounds of a single contribution that hold for certain, before the log is seen: for IPS of a reward in [0, 1] these are
   * 0 and the largest weight that can occur (1 / the least propensity, or `maxWeight` if clipped).
   */
  readonly least: number;
  readonly most: number;
}

/**
 * The empirical Bernstein interval (Maurer & Pontil 2009, theorem 4, on both sides): mean +- sqrt(2 V ln(4 / d) / n) +
 * 7 R ln(4 / d) / (3 (n - 1)), V the sample variance, R = most - least, d = 1 - level. Valid for any n and any
 * distribution within the bounds, and so much wider than the bootstrap. Throws `bad-config` for a self-normalised
 * estimate, which is no mean of independent rows, and `bad-data` for a contribution outside the bounds or one row.
 */
export function empiricalBernstein(estimate: OffPolicyEstimate, options: BernsteinOptions): Interval {
  const { level = DEFAULT_LEVEL, least, most } = options;
  checkLevel(level);
  if (!(least < most && most - least < Infinity)) {
    throw new PlatformError("bad-config", `least must be below most, both finite, got ${least} and ${most}.`);
  }
  if (estimate.denominators !== undefined) {
    const message = `the empirical Bernstein interval is for means of rows, got the ratio ${estimate.estimator}.`;
    throw new PlatformError("bad-config", message);
  }
  const { count, mean, variance } = momentsOf(estimate.contributions);
  if (count < 2) throw new PlatformError("bad-data", `the interval needs at least two rows, got ${count}.`);
  const outside = estimate.contributions.findIndex((value) => value < least || value > most);
  if (outside !== -1) {
    const message = `contributions must be in [${least}, ${most}], got ${estimate.contributions[outside]} in row ${outside}.`;
    throw new PlatformError("bad-data", message);
  }
  const logarithm = Math.log(4 / (1 - level));
  const half = Math.sqrt((2 * variance * logarithm) / count) + (7 * (most - least) * logarithm) / (3 * (count - 1));
  return { count, units: count, mean, low: mean - half, high: mean + half, standardError: Math.sqrt(variance / count) };
}
