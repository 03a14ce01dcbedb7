import type { Random } from "@sequitur/core";
import { meanInterval } from "@sequitur/metrics";
import type { Measure } from "./report.js";

/** How means get their intervals: all queries of a user are one unit, for those are not independent. */
export interface IntervalOptions {
  readonly confidence: number;
  /** (Q) user of each query. */
  readonly users: Int32Array;
}

/** How models are compared: with random signs of the differences of whole users. */
export interface ComparisonOptions extends IntervalOptions {
  readonly random: Random;
  readonly resamples: number;
}

/** The mean of each column of per-query values with its interval; the whole range [0, 1] where the values give none. */
export function measuresOf(columns: readonly Float64Array[], { confidence, users }: IntervalOptions): Measure[] {
  return columns.map((column) => {
    const { mean, low, high } = meanInterval(column, { level: confidence, clusters: users });
    return { mean: orElse(mean, 0), low: orElse(low, 0), high: orElse(high, 1) };
  });
}

/** JSON has no NaN. */
export function orElse(value: number, other: number): number {
  return Number.isFinite(value) ? value : other;
}
