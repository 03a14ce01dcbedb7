import { PlatformError, type Random } from "@sequitur/core";
import { ROUNDING } from "./paired-differences.js";

/** Up to this many differing units all signs are tried, 2^12 patterns and their mirrors. */
const EXACT_UNITS = 13;

/** A p-value and whether it is exact. */
export interface SignFlips {
  readonly pValue: number;
  readonly exact: boolean;
}

/**
 * P(a sum as far from 0) when each unit's difference could as well have had the other sign, which is what "the two runs
 * are alike" says: Fisher's randomisation test for pairs. Exact up to 13 units that differ; beyond, (1 + #) / (1 +
 * resamples) over random signs, so never below 1 / (1 + resamples). Both hold their level for any number of units. All
 * columns, (units) sums each, share their signs. Two draws of `random`. O(resamples x units that differ).
 */
export function signFlips(columns: readonly Float64Array[], resamples: number, random: Random): readonly SignFlips[] {
  if (!(Number.isInteger(resamples) && resamples >= 1)) {
    throw new PlatformError("bad-config", `resamples must be a positive integer, got ${resamples}.`);
  }
  const state = Int32Array.of(random.uint32() | 1, random.uint32());
  const size = columns[0]?.length ?? 0;
  const sparse = columns.map((sums) => differing(sums));
  const drawn = sparse.map(({ values }) => values.length > EXACT_UNITS);
  const counts = columns.map(() => 0);
  if (drawn.includes(true)) {
    const signs = new Int8Array(size);
    for (let resample = 0; resample < resamples; resample++) {
      drawSigns(signs, state);
      sparse.forEach((column, i) => {
        if (drawn[i]) counts[i]! += Number(Math.abs(signedSum(column, signs)) >= column.observed);
      });
    }
  }
  return sparse.map((column, i) =>
    drawn[i]
      ? { pValue: (1 + counts[i]!) / (1 + resamples), exact: false }
      : { pValue: exactPValue(column), exact: true },
  );
}

interface SparseColumn {
  readonly places: Int32Array;
  readonly values: Float64Array;
  /** |sum|, a little less than it so that rounding does not hide equal sums. */
  readonly observed: number;
}

function differing(sums: Float64Array): SparseColumn {
  const places = Int32Array.from(sums.keys()).filter((place) => sums[place] !== 0);
  const values = Float64Array.from(places, (place) => sums[place]!);
  const total = values.reduce((sum, value) => sum + value, 0);
  const largest = values.reduce((sum, value) => sum + Math.abs(value), 0);
  return { places, values, observed: Math.abs(total) - ROUNDING * largest };
}

function signedSum({ places, values }: SparseColumn, signs: Int8Array): number {
  let sum = 0;
  for (let i = 0; i < places.length; i++) sum += values[i]! * signs[places[i]!]!;
  return sum;
}

/** One sign stays: patterns and their mirrors have the same distance. In Gray order each step flips one sign. */
function exactPValue({ values, observed }: SparseColumn): number {
  if (values.length === 0) return 1;
  const flips = values.length - 1;
  const signs = new Float64Array(values.length).fill(1);
  let sum = values.reduce((total, value) => total + value, 0);
  let asFar = Number(Math.abs(sum) >= observed);
  for (let step = 1; step < 2 ** flips; step++) {
    const place = 31 - Math.clz32(step & -step);
    sum -= 2 * signs[place]! * values[place]!;
    signs[place]! *= -1;
    asFar += Number(Math.abs(sum) >= observed);
  }
  return asFar / 2 ** flips;
}

/** Fills `out` with random signs, 32 of each draw of a xoroshiro64** generator whose state goes on. */
function drawSigns(out: Int8Array, state: Int32Array): void {
  let [a, b] = [state[0]!, state[1]!];
  for (let from = 0; from < out.length; from += 32) {
    const x = Math.imul(a, 0x9e3779bb);
    let bits = Math.imul((x << 5) | (x >>> 27), 5);
    b ^= a;
    a = ((a << 26) | (a >>> 6)) ^ b ^ (b << 9);
    b = (b << 13) | (b >>> 19);
    const to = Math.min(out.length, from + 32);
    for (let i = from; i < to; i++, bits >>>= 1) out[i] = (bits & 1) * 2 - 1;
  }
  state[0] = a;
  state[1] = b;
}
