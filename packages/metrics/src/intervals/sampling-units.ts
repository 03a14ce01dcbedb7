import { NONE, PlatformError } from "@sequitur/core";

/** What a bootstrap draws: single values, or whole clusters of them. Undefined values (NaN) are left out. */
export interface SamplingUnits {
  /** How many values are defined. */
  readonly count: number;
  readonly mean: number;
  /** (units) sum of the values of each unit. */
  readonly sums: Float64Array;
  /** (units) how many values each unit has; absent when each has one. */
  readonly weights?: Float64Array;
}

/**
 * Gathers values by cluster label, such as the user of each query: values of one user are not independent, so a user
 * is drawn with all of them. A label of NONE is a cluster of its own each time. Without clusters each value is a unit.
 */
export function samplingUnits(values: Float64Array, clusters?: Int32Array): SamplingUnits {
  if (clusters !== undefined && clusters.length !== values.length) {
    const message = `clusters must have ${values.length} labels like values, got ${clusters.length}.`;
    throw new PlatformError("bad-config", message);
  }
  const unitOf = new Map<number, number>();
  const sums = new Float64Array(values.length);
  const weights = new Float64Array(values.length);
  let units = 0;
  let count = 0;
  let total = 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (Number.isNaN(value)) continue;
    const label = clusters?.[row] ?? NONE;
    const unit = unitOf.get(label) ?? units++;
    if (label !== NONE) unitOf.set(label, unit);
    sums[unit]! += value;
    weights[unit]! += 1;
    total += value;
    count++;
  }
  const used = sums.subarray(0, units);
  const mean = total / count;
  return units === count
    ? { count, mean, sums: used }
    : { count, mean, sums: used, weights: weights.subarray(0, units) };
}
