import { PlatformError } from "@sequitur/core";

/** Values that agree to this relative error are equal on paper: they differ by the order of their sums only. */
export const ROUNDING = 1e-12;

/** (B) a - b, 0 where only rounding is left, NaN where either is undefined. Same queries in the same order. */
export function pairedDifferences(a: Float64Array, b: Float64Array): Float64Array {
  if (a.length !== b.length) {
    throw new PlatformError("bad-data", `paired runs must have as many queries, got ${a.length} and ${b.length}.`);
  }
  return a.map((value, row) => {
    const difference = value - b[row]!;
    return Math.abs(difference) <= ROUNDING * Math.max(Math.abs(value), Math.abs(b[row]!)) ? 0 : difference;
  });
}
