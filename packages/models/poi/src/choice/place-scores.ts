import { NONE } from "@sequitur/core";
import type { SparseRows } from "@sequitur/nn";

/** Slope of LeakyReLU below 0 in the transition map, as published. */
export const MAP_SLOPE = 0.2;
/** Steps of distance: each is sqrt(2) times the one before; the last is for places whose coordinates are unknown. */
export const DISTANCE_STEPS = 25;
/** Step 0 ends at 2^-17.5 of the Earth's radius: 34 m. */
const FIRST_EXPONENT = 36;

/** What is added to the scores that the states give, by last place; each part may be absent. */
export interface PlaceTerms {
  /** (N) */
  readonly bias: Float32Array;
  /** Transition attention map (GETNext, eq. 9): LeakyReLU(source[p] + target[j]) (1 + adjacency[p, j]). */
  readonly map?: { readonly source: Float32Array; readonly target: Float32Array; readonly adjacency: SparseRows };
  /** (classes, DISTANCE_STEPS) by class of gap and step of distance from the last place. */
  readonly distance?: { readonly weights: Float32Array; readonly steps: StepRows };
}

const asFloat = new Float32Array(1);
const asBits = new Int32Array(asFloat.buffer);

/** The step of a squared distance in squared Earth radii. */
export function distanceStep(squared: number): number {
  asFloat[0] = squared;
  const step = (asBits[0]! >> 23) - 127 + FIRST_EXPONENT;
  if (step <= 0) return 0;
  if (step < DISTANCE_STEPS - 1) return step;
  return Number.isNaN(squared) ? DISTANCE_STEPS - 1 : DISTANCE_STEPS - 2;
}

/** Steps of distance from a place to every place that is scored. */
export interface StepRows {
  from(place: number): Uint8Array;
}

/** Bytes of distance steps that are kept at most. */
const KEPT_BYTES = 32 << 20;

/** Steps of distance from a place to every place; the rows asked for last are kept, so that no N x N matrix ever is. */
export class DistanceSteps implements StepRows {
  private readonly vectors: Float64Array;
  private readonly size: number;
  private readonly rows = new Map<number, Uint8Array>();

  /** `vectors` (N, 3) are unit vectors, NaN where unknown. */
  constructor(vectors: Float64Array) {
    this.vectors = vectors;
    this.size = vectors.length / 3;
  }

  /** (N) */
  from(place: number): Uint8Array {
    let row = this.rows.get(place);
    if (row !== undefined) this.rows.delete(place);
    else if ((this.rows.size + 1) * this.size > KEPT_BYTES && this.rows.size > 0) {
      const [[oldest, reused]] = this.rows as unknown as [[number, Uint8Array]];
      this.rows.delete(oldest);
      row = this.written(reused, place);
    } else row = this.written(new Uint8Array(this.size), place);
    this.rows.set(place, row);
    return row;
  }

  private written(row: Uint8Array, from: number): Uint8Array {
    const { vectors } = this;
    const [x, y, z] = [vectors[3 * from]!, vectors[3 * from + 1]!, vectors[3 * from + 2]!];
    for (let place = 0, at = 0; place < row.length; place++, at += 3) {
      const dx = vectors[at]! - x;
      const dy = vectors[at + 1]! - y;
      const dz = vectors[at + 2]! - z;
      row[place] = distanceStep(dx * dx + dy * dy + dz * dz);
    }
    return row;
  }
}

/** Adds every term to a row of scores (N). */
export function addPlaceTerms(row: Float32Array, terms: PlaceTerms, last: number, gapClass: number): void {
  const { bias, map, distance } = terms;
  if (last === NONE || (map === undefined && distance === undefined)) {
    for (let place = 0; place < row.length; place++) row[place]! += bias[place]!;
    return;
  }
  const steps = distance?.steps.from(last);
  const weights = distance?.weights.subarray(gapClass * DISTANCE_STEPS, (gapClass + 1) * DISTANCE_STEPS);
  if (map !== undefined && steps !== undefined) addBoth(row, bias, map, last, steps, weights!);
  else if (map !== undefined) {
    for (let place = 0; place < row.length; place++) row[place]! += bias[place]!;
    addMapRow(row, map, last);
  } else for (let place = 0; place < row.length; place++) row[place]! += bias[place]! + weights![steps![place]!]!;
}

/** One pass in place of three over what is the longest loop of a fit. */
function addBoth(
  row: Float32Array,
  bias: Float32Array,
  map: NonNullable<PlaceTerms["map"]>,
  last: number,
  steps: Uint8Array,
  weights: Float32Array,
): void {
  const { target } = map;
  const from = map.source[last]!;
  for (let place = 0; place < row.length; place++) {
    row[place]! += bias[place]! + leaky(from + target[place]!) + weights[steps[place]!]!;
  }
  addEdges(row, map, last);
}

/** row += row p of the transition attention map, computed here and nowhere kept. */
export function addMapRow(row: Float32Array, map: NonNullable<PlaceTerms["map"]>, p: number): void {
  const { source, target } = map;
  const from = source[p]!;
  for (let place = 0; place < row.length; place++) row[place]! += leaky(from + target[place]!);
  addEdges(row, map, p);
}

function addEdges(row: Float32Array, { source, target, adjacency }: NonNullable<PlaceTerms["map"]>, p: number): void {
  for (let edge = adjacency.offsets[p]!; edge < adjacency.offsets[p + 1]!; edge++) {
    const place = adjacency.columnOf[edge]!;
    row[place]! += leaky(source[p]! + target[place]!) * adjacency.values[edge]!;
  }
}

/** LeakyReLU without a branch, which random signs would mispredict. */
function leaky(x: number): number {
  return 0.5 * (1 + MAP_SLOPE) * x + 0.5 * (1 - MAP_SLOPE) * Math.abs(x);
}

/** Where the gradients of the terms are summed; of their terms' shapes. */
export interface PlaceTermGradients {
  readonly source: Float32Array;
  readonly target: Float32Array;
  readonly distance: Float32Array;
}

/** Adds the gradients of the map and the distances, given that of a row of scores (N). */
export function addTermGradients(
  out: PlaceTermGradients,
  gradient: Float32Array,
  terms: PlaceTerms,
  last: number,
  gapClass: number,
): void {
  const { map, distance } = terms;
  if (last === NONE) return;
  if (map !== undefined) addMapGradient(out, gradient, map, last);
  if (distance === undefined) return;
  const sums = stepSums(gradient, distance.steps.from(last));
  for (let step = 0; step < DISTANCE_STEPS; step++) out.distance[gapClass * DISTANCE_STEPS + step]! += sums[step]!;
}

/** Sums by step; four sets of sums, since neighbours often share a step and one sum would wait for itself. */
function stepSums(gradient: Float32Array, steps: Uint8Array): Float64Array {
  const sums = new Float64Array(4 * 32);
  const whole = gradient.length & ~3;
  for (let place = 0; place < whole; place += 4) {
    sums[steps[place]!]! += gradient[place]!;
    sums[32 + steps[place + 1]!]! += gradient[place + 1]!;
    sums[64 + steps[place + 2]!]! += gradient[place + 2]!;
    sums[96 + steps[place + 3]!]! += gradient[place + 3]!;
  }
  for (let place = whole; place < gradient.length; place++) sums[steps[place]!]! += gradient[place]!;
  for (let step = 0; step < 32; step++) sums[step]! += sums[32 + step]! + sums[64 + step]! + sums[96 + step]!;
  return sums;
}

/** The slope of LeakyReLU without a branch: 1 above 0, MAP_SLOPE elsewhere. */
function slopeOf(x: number): number {
  return MAP_SLOPE + (1 - MAP_SLOPE) * Number(x > 0);
}

function addMapGradient(
  out: PlaceTermGradients,
  gradient: Float32Array,
  { source, target, adjacency }: NonNullable<PlaceTerms["map"]>,
  p: number,
): void {
  const into = out.target;
  const from = source[p]!;
  let sum = 0;
  for (let place = 0; place < gradient.length; place++) {
    const part = gradient[place]! * slopeOf(from + target[place]!);
    into[place]! += part;
    sum += part;
  }
  for (let edge = adjacency.offsets[p]!; edge < adjacency.offsets[p + 1]!; edge++) {
    const place = adjacency.columnOf[edge]!;
    const part = slopeOf(from + target[place]!) * adjacency.values[edge]! * gradient[place]!;
    into[place]! += part;
    sum += part;
  }
  out.source[p]! += sum;
}
