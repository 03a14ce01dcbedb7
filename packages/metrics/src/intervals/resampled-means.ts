import { PlatformError, type Random } from "@sequitur/core";
import { samplingUnits, unitSums, type SamplingUnits } from "./sampling-units.js";

export interface ResampleOptions {
  readonly random: Random;
  /** Bootstrap samples, a positive integer. */
  readonly resamples: number;
  /** (B) label of each value; values of one label are drawn together. NONE: alone. */
  readonly clusters?: Int32Array | undefined;
}

/** The means of the bootstrap samples of one column of values. */
export interface ResampledMeans {
  /** Values that were defined (not NaN). */
  readonly count: number;
  /** Of the values as they are; NaN when count is 0. */
  readonly mean: number;
  /** Units (clusters, or single values) that were drawn from. */
  readonly units: number;
  /** (resamples) ascending. */
  readonly means: Float64Array;
}

/**
 * Bootstrap means of several columns over the same rows. Columns that are defined in the same rows share their draws:
 * drawing is most of the work, and paired columns stay paired. What a column gets does not depend on the others. Takes
 * four draws of `random`. O(resamples x (units + places that are not zero in any column)).
 */
export function resampledMeans(columns: readonly Float64Array[], options: ResampleOptions): ResampledMeans[] {
  const { random, resamples, clusters } = options;
  if (!(Number.isInteger(resamples) && resamples >= 1)) {
    throw new PlatformError("bad-config", `resamples must be a positive integer, got ${resamples}.`);
  }
  const state = Int32Array.from({ length: 4 }, () => random.uint32());
  // The one state that would never move is all zeros.
  state[3]! |= 1;
  const found = new Array<ResampledMeans>(columns.length);
  for (const places of sameRows(columns)) {
    const units = samplingUnits(columns[places[0]!]!, clusters);
    const sums = places.map((place) => unitSums(units, columns[place]!));
    const means = drawMeans(sums, units, resamples, state);
    places.forEach((place, i) => {
      const mean = total(sums[i]!) / units.count;
      found[place] = { count: units.count, mean, units: units.size, means: means[i]! };
    });
  }
  return found;
}

/** Places of the columns, those together that are defined in the same rows. */
function sameRows(columns: readonly Float64Array[]): number[][] {
  const groups: number[][] = [];
  columns.forEach((column, place) => {
    const own = groups.find(([first]) => definedAlike(columns[first!]!, column));
    if (own === undefined) groups.push([place]);
    else own.push(place);
  });
  return groups;
}

function definedAlike(a: Float64Array, b: Float64Array): boolean {
  return a.length === b.length && a.every((value, row) => Number.isNaN(value) === Number.isNaN(b[row]!));
}

/** For each column the sorted means of its samples; equal columns share one array. */
function drawMeans(
  sums: readonly Float64Array[],
  units: SamplingUnits,
  resamples: number,
  state: Int32Array,
): Float64Array[] {
  const distinct = sums.filter((column, place) => sums.findIndex((other) => isEqual(other, column)) === place);
  // Most queries find nothing within a cut-off: only what is not zero is summed.
  const sparse = distinct.map(sparseColumn);
  const constant = units.weights.every((weight) => weight === units.weights[0]);
  const weights = constant ? undefined : sparseColumn(units.weights);
  const means = distinct.map(() => new Float64Array(resamples));
  const times = new Int32Array(units.size);
  const generator = state.slice();
  for (let resample = 0; resample < resamples; resample++) {
    drawTimes(times, generator);
    const weight = weights === undefined ? units.count : weightedSum(weights, times);
    for (let column = 0; column < sparse.length; column++) {
      means[column]![resample] = weightedSum(sparse[column]!, times) / weight;
    }
  }
  for (const column of means) column.sort();
  return sums.map((column) => means[distinct.findIndex((other) => isEqual(other, column))]!);
}

function isEqual(a: Float64Array, b: Float64Array): boolean {
  return a === b || a.every((value, place) => value === b[place]);
}

/** Sets `out` to how often each of its n places is drawn in n draws with replacement; `state` goes on. */
export function drawTimes(out: Int32Array, state: Int32Array): void {
  // xoshiro128** with its state in locals: 2000 resamples of 100,000 queries are 2e8 draws.
  let [a, b, c, d] = [state[0]!, state[1]!, state[2]!, state[3]!];
  // Scaling 32 bits to n places favours some by at most n / 2^32, far below the noise of the bootstrap.
  const scale = out.length / 4_294_967_296;
  out.fill(0);
  for (let i = 0; i < out.length; i++) {
    const x = Math.imul(b, 5);
    const drawn = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    out[(drawn * scale) | 0]!++;
  }
  state.set([a, b, c, d]);
}

interface SparseColumn {
  readonly places: Int32Array;
  readonly values: Float64Array;
}

function sparseColumn(values: Float64Array): SparseColumn {
  const places = Int32Array.from(values.keys()).filter((place) => values[place] !== 0);
  return { places, values: Float64Array.from(places, (place) => values[place]!) };
}

function weightedSum({ places, values }: SparseColumn, times: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < places.length; i++) sum += values[i]! * times[places[i]!]!;
  return sum;
}

function total(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/** The quantile at probability p of ascending values, linear between the two nearest (type 7 of Hyndman & Fan 1996). */
export function quantile(sorted: Float64Array, p: number): number {
  const place = p * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  return low + (place - below) * ((sorted[below + 1] ?? low) - low);
}

/** Sample standard deviation. */
export function standardDeviation(values: Float64Array): number {
  const mean = total(values) / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / (values.length - 1));
}
