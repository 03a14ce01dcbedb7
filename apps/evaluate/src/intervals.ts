import type { Random } from "@sequitur/core";
import { bootstrapIntervals } from "@sequitur/metrics";
import type { Measure } from "./report.js";

/** How means get their intervals: users are drawn with all their queries, for those are not independent. */
export interface IntervalOptions {
  readonly random: Random;
  readonly confidence: number;
  readonly resamples: number;
  /** (Q) user of each query. */
  readonly users: Int32Array;
}

/**
 * The mean of each column of per-query values with its interval; the whole range [0, 1] when there is one user only.
 * Every call draws the same users: intervals of models and of metrics differ by their values alone.
 */
export function measuresOf(columns: readonly Float64Array[], options: IntervalOptions): Measure[] {
  const { random, confidence: level, resamples, users: clusters } = options;
  const intervals = bootstrapIntervals(columns, { random: random.fork("interval"), level, resamples, clusters });
  return intervals.map(({ mean, low, high }) => ({
    mean: orElse(mean, 0),
    low: orElse(low, 0),
    high: orElse(high, 1),
  }));
}

/** JSON has no NaN. */
export function orElse(value: number, other: number): number {
  return Number.isFinite(value) ? value : other;
}
