import { NONE, PlatformError } from "@sequitur/core";
import { checkWhole } from "../experiments/check-number.js";
import { checkColumn } from "./check-column.js";
import { checkSlates, positionWeights, type LoggedSlates, type SlatePropensities } from "./logged-slates.js";
import { wholeEstimate, type EstimateParts, type OffPolicyEstimate } from "./off-policy-estimate.js";
import { slateRewards } from "./slate-estimators.js";
import { symmetricEigen } from "./symmetric-eigen.js";

/** What the pseudo-inverse estimator must know of a policy in one situation, over K positions and A candidates. */
export interface SlateMarginals {
  readonly length: number;
  readonly items: number;
  /** (K A, K A) row-major: P(item a at position j and item b at position k) at [j A + a, k A + b]. */
  readonly pairs: Float64Array;
}

/** Eigenvalues below this share of the largest are taken as 0. */
const RANK_TOLERANCE = 1e-10;
/** Mass of the evaluation policy that may lie outside what the logging policy's slates span. */
const SPAN_TOLERANCE = 1e-6;

/**
 * The marginals of a policy that shows `slates` (full ones, of items below `items`) with the probabilities given: all its
 * slates where they can be enumerated, else many draws of equal probability.
 */
export function slateMarginals(
  slates: readonly ArrayLike<number>[],
  probabilities: ArrayLike<number>,
  shape: { readonly length: number; readonly items: number },
): SlateMarginals {
  const { length, items } = shape;
  checkWhole("length", length, 1);
  checkWhole("items", items, length);
  checkColumn("probabilities", Float64Array.from(probabilities), slates.length, "in [0, 1]", (p) => p >= 0 && p <= 1);
  const size = length * items;
  const pairs = new Float64Array(size * size);
  let total = 0;
  for (const [index, slate] of slates.entries()) {
    const places = placesOf(slate, length, items, `slate ${index}`);
    for (const one of places) for (const other of places) pairs[one * size + other]! += probabilities[index]!;
    total += probabilities[index]!;
  }
  if (Math.abs(total - 1) > 1e-6) {
    throw new PlatformError("bad-data", `probabilities of all slates must sum to 1, got ${total}.`);
  }
  return { length, items, pairs };
}

/**
 * (K A) u = G+ q, G the logging policy's pair marginals and q the evaluation policy's single ones (Swaminathan et al.
 * 2017): the weight of a slate is the sum of u at its (position, item) places. Once a situation; O((K A)^3). Throws
 * `bad-data` where the evaluation policy shows what no combination of logged slates can stand for.
 */
export function pseudoInverseVector(logging: SlateMarginals, evaluation: SlateMarginals): Float64Array {
  const { length, items, pairs } = logging;
  if (evaluation.length !== length || evaluation.items !== items) {
    const message = `both policies must have ${length} positions and ${items} items, got ${evaluation.length} and ${evaluation.items}.`;
    throw new PlatformError("bad-data", message);
  }
  const n = length * items;
  const wanted = Float64Array.from({ length: n }, (_, i) => evaluation.pairs[i * n + i]!);
  const { values, vectors } = symmetricEigen(pairs, n);
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  const result = new Float64Array(n);
  const covered = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    if (values[j]! <= RANK_TOLERANCE * largest) continue;
    let part = 0;
    for (let i = 0; i < n; i++) part += vectors[i * n + j]! * wanted[i]!;
    for (let i = 0; i < n; i++) {
      covered[i]! += vectors[i * n + j]! * part;
      result[i]! += (vectors[i * n + j]! * part) / values[j]!;
    }
  }
  const missed = wanted.findIndex((probability, i) => Math.abs(probability - covered[i]!) > SPAN_TOLERANCE);
  if (missed !== -1) {
    const place = `item ${missed % items} at position ${Math.floor(missed / items)}`;
    const message = `no overlap: the logged slates must span what the evaluation policy shows, and miss ${place}.`;
    throw new PlatformError("bad-data", message);
  }
  return result;
}

/**
 * The pseudo-inverse estimator (Swaminathan, Krishnamurthy, Agarwal, Dudik, Langford, Jose & Zitouni 2017): mean of
 * (q' G+ 1_slate) r, r the reward of the whole slate. Unbiased if r is, given the situation, a sum of unknown terms of
 * (position, item); needs no reward for each position. Weights can be negative. `vectors` has one `pseudoInverseVector` a
 * situation and `situations`, (n), says which is whose; items are numbered within the situation. Full slates only.
 */
export function pseudoInverse(
  log: LoggedSlates,
  vectors: readonly Float64Array[],
  situations: Int32Array,
): OffPolicyEstimate {
  checkSlates(log);
  const { length, items } = log;
  checkColumn(
    "situations",
    situations,
    items.length / length,
    `below ${vectors.length}`,
    (s) => vectors[s] !== undefined,
  );
  const weights = new Float64Array(situations.length);
  for (let place = 0; place < items.length; place++) {
    const row = Math.floor(place / length);
    const vector = vectors[situations[row]!]!;
    const candidates = vector.length / length;
    const item = items[place]!;
    if (!(item >= 0 && item < candidates)) {
      const message = `slates must be full, of items below ${candidates}, got ${item} at position ${place % length} of row ${row}.`;
      throw new PlatformError("bad-data", message);
    }
    weights[row]! += vector[(place % length) * candidates + item]!;
  }
  return wholeEstimate(partsOf(log, weights));
}

/**
 * The same in closed form for logging policies that fill their positions independently of each other, given the situation:
 * the weight is 1 + sum over k of (w_k - 1), w_k from the `marginal` probabilities of the item at its position.
 */
export function pseudoInverseFactored(log: LoggedSlates, marginal: SlatePropensities): OffPolicyEstimate {
  return wholeEstimate(pseudoInverseFactoredParts(log, marginal));
}

export function pseudoInverseFactoredParts(log: LoggedSlates, marginal: SlatePropensities): EstimateParts {
  checkSlates(log);
  const { length, items } = log;
  const short = items.indexOf(NONE);
  if (short !== -1) {
    throw new PlatformError(
      "bad-data",
      `slates must be full, got fewer than ${length} items in row ${Math.floor(short / length)}.`,
    );
  }
  const ratios = positionWeights(log, marginal);
  const weights = new Float64Array(items.length / length).fill(1);
  for (let place = 0; place < ratios.length; place++) weights[Math.floor(place / length)]! += ratios[place]! - 1;
  return partsOf(log, weights);
}

function partsOf(log: LoggedSlates, weights: Float64Array): EstimateParts {
  const contributions = slateRewards(log).map((reward, row) => reward * weights[row]!);
  return { estimator: "pseudo-inverse", contributions, weights };
}

/** Index j A + a of each position's item. Throws `bad-data` unless the slate is full and its items are known and distinct. */
function placesOf(slate: ArrayLike<number>, length: number, items: number, where: string): number[] {
  const places = Array.from(slate, (item, position) => position * items + item);
  const known = Array.from(slate).every((item) => Number.isInteger(item) && item >= 0 && item < items);
  if (slate.length !== length || !known || new Set(Array.from(slate)).size !== length) {
    const message = `slates must have ${length} distinct items below ${items}, got ${Array.from(slate).join(", ")} in ${where}.`;
    throw new PlatformError("bad-data", message);
  }
  return places;
}
