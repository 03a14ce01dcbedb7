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
  readonly distance?: { readonly weights: Float32Array; readonly steps: DistanceSteps };
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

/** Bytes of distance steps that are kept at most. */
const KEPT_BYTES = 32 << 20;

/** Steps of distance from a place to every place; the rows asked for last are kept, so that no N x N matrix ever is. */
export class DistanceSteps {
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
  for (let place = 0; place < row.length; place++) row[place]! += bias[place]!;
  if (last === NONE) return;
  if (map !== undefined) addMapRow(row, map, last);
  if (distance === undefined) return;
  const steps = distance.steps.from(last);
  const weights = distance.weights.subarray(gapClass * DISTANCE_STEPS);
  for (let place = 0; place < row.length; place++) row[place]! += weights[steps[place]!]!;
}

/** row += row p of the transition attention map, computed here and nowhere kept. */
export function addMapRow(row: Float32Array, map: NonNullable<PlaceTerms["map"]>, p: number): void {
  const { source, target, adjacency } = map;
  const from = source[p]!;
  for (let place = 0; place < row.length; place++) row[place]! += leaky(from + target[place]!);
  for (let edge = adjacency.offsets[p]!; edge < adjacency.offsets[p + 1]!; edge++) {
    const place = adjacency.columnOf[edge]!;
    row[place]! += leaky(from + target[place]!) * adjacency.values[edge]!;
  }
}

/** LeakyReLU without a branch, which random signs would mispredict. */
function leaky(x: number): number {
  return 0.5 * (1 + MAP_SLOPE) * x + 0.5 * (1 - MAP_SLOPE) * Math.abs(x);
}

/** Where the gradients of the terms are summed; of their terms' shapes. */
export interface PlaceTermGradients {
  readonly bias: Float32Array;
  readonly source: Float32Array;
  readonly target: Float32Array;
  readonly distance: Float32Array;
}

/** Adds the gradients of the terms, given that of a row of scores (N). */
export function addTermGradients(
  out: PlaceTermGradients,
  gradient: Float32Array,
  terms: PlaceTerms,
  last: number,
  gapClass: number,
): void {
  const { map, distance } = terms;
  for (let place = 0; place < gradient.length; place++) out.bias[place]! += gradient[place]!;
  if (last === NONE) return;
  if (map !== undefined) addMapGradient(out, gradient, map, last);
  if (distance === undefined) return;
  const steps = distance.steps.from(last);
  const weights = out.distance.subarray(gapClass * DISTANCE_STEPS);
  for (let place = 0; place < gradient.length; place++) weights[steps[place]!]! += gradient[place]!;
}

function addMapGradient(
  out: PlaceTermGradients,
  gradient: Float32Array,
  { source, target, adjacency }: NonNullable<PlaceTerms["map"]>,
  p: number,
): void {
  const from = source[p]!;
  let sum = 0;
  for (let place = 0; place < gradient.length; place++) {
    const part = from + target[place]! > 0 ? gradient[place]! : MAP_SLOPE * gradient[place]!;
    out.target[place]! += part;
    sum += part;
  }
  for (let edge = adjacency.offsets[p]!; edge < adjacency.offsets[p + 1]!; edge++) {
    const place = adjacency.columnOf[edge]!;
    const slope = from + target[place]! > 0 ? 1 : MAP_SLOPE;
    const part = slope * adjacency.values[edge]! * gradient[place]!;
    out.target[place]! += part;
    sum += part;
  }
  out.source[p]! += sum;
}
