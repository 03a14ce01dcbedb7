import { PlatformError } from "@sequitur/core";

/**
 * P-values adjusted for their number (Holm 1979), in the order given: with p ascending, the i-th of m becomes the
 * largest of (m - j + 1) p_j over j <= i, at most 1. Rejecting those below 0.05 errs on any of them with P <= 0.05.
 */
export function holm(pValues: readonly number[]): number[] {
  const wrong = pValues.find((p) => !(p >= 0 && p <= 1));
  if (wrong !== undefined) throw new PlatformError("bad-data", `p-values must be in [0, 1], got ${wrong}.`);
  const order = pValues.map((_, index) => index).sort((i, j) => pValues[i]! - pValues[j]!);
  const adjusted = new Array<number>(pValues.length).fill(1);
  let largest = 0;
  for (const [place, index] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (order.length - place) * pValues[index]!));
    adjusted[index] = largest;
  }
  return adjusted;
}
