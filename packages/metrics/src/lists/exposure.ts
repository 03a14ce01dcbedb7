import type { RaggedItems } from "@sequitur/core";
import { checkLists, topOf } from "./top-of-list.js";

/** The share of the catalogue, in [0, 1], that is in the top k of at least one list; NaN for an empty catalogue. */
export function catalogCoverage(lists: RaggedItems, k: number, itemCount: number): number {
  const exposures = exposureCounts(lists, k, itemCount);
  let shown = 0;
  for (const count of exposures) if (count > 0) shown++;
  return shown / itemCount;
}

/**
 * The Gini coefficient, in [0, 1), of how often each item of the catalogue is in a top k: 0 when all are shown equally
 * often, near 1 when one item takes all. sum over i of (2 i - N - 1) x_(i), divided by N sum x, with x ascending and
 * items never shown counted as 0. NaN when nothing is shown.
 */
export function exposureGini(lists: RaggedItems, k: number, itemCount: number): number {
  const exposures = exposureCounts(lists, k, itemCount).sort();
  let total = 0;
  let weighted = 0;
  for (let i = 0; i < itemCount; i++) {
    total += exposures[i]!;
    weighted += (2 * (i + 1) - itemCount - 1) * exposures[i]!;
  }
  return weighted / (itemCount * total);
}

/** (itemCount) in how many top-k lists each item is. */
export function exposureCounts(lists: RaggedItems, k: number, itemCount: number): Int32Array {
  checkLists(lists, k, itemCount);
  const counts = new Int32Array(itemCount);
  for (let row = 0; row + 1 < lists.offsets.length; row++) for (const item of topOf(lists, row, k)) counts[item]! += 1;
  return counts;
}
