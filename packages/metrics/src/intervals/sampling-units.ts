import { NONE, PlatformError } from "@sequitur/core";

/** What a bootstrap draws: single rows, or whole clusters of them. */
export interface SamplingUnits {
  /** How many units there are. */
  readonly size: number;
  /** (rows) unit of each row; NONE where the value is undefined. */
  readonly unitOf: Int32Array;
  /** (units) how many rows each unit has. */
  readonly weights: Float64Array;
  /** How many rows are defined. */
  readonly count: number;
}

/**
 * Gathers the defined (not NaN) rows by cluster label, such as the user of each query: values of one user are not
 * independent, so a user is drawn with all of them. A label of NONE is a cluster of its own each time. Without clusters
 * each row is a unit.
 */
export function samplingUnits(values: Float64Array, clusters?: Int32Array): SamplingUnits {
  if (clusters !== undefined && clusters.length !== values.length) {
    const message = `clusters must have ${values.length} labels like values, got ${clusters.length}.`;
    throw new PlatformError("bad-config", message);
  }
  const unitOfLabel = new Map<number, number>();
  const unitOf = new Int32Array(values.length).fill(NONE);
  const weights = new Float64Array(values.length);
  let size = 0;
  let count = 0;
  for (let row = 0; row < values.length; row++) {
    if (Number.isNaN(values[row]!)) continue;
    const label = clusters?.[row] ?? NONE;
    const unit = unitOfLabel.get(label) ?? size++;
    if (label !== NONE) unitOfLabel.set(label, unit);
    unitOf[row] = unit;
    weights[unit]! += 1;
    count++;
  }
  return { size, unitOf, weights: weights.subarray(0, size), count };
}

/** (units) the sum of the values of each unit. */
export function unitSums({ size, unitOf }: SamplingUnits, values: Float64Array): Float64Array {
  const sums = new Float64Array(size);
  for (let row = 0; row < values.length; row++) if (unitOf[row] !== NONE) sums[unitOf[row]!]! += values[row]!;
  return sums;
}
