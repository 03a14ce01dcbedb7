import { listOf, PlatformError, type RaggedItems } from "@sequitur/core";
import { checkLists, topOf } from "./top-of-list.js";

/**
 * (B) the share of the top k that is right and that a list of the most popular items would not have shown (Ge et al. 2010,
 * the primitive recommender being the k items of most training interactions, of equal ones the lower index). In [0, 1];
 * NaN for a query without targets.
 */
export function serendipity(
  lists: RaggedItems,
  k: number,
  targets: RaggedItems,
  trainCounts: ArrayLike<number>,
): Float64Array {
  checkLists(lists, k, trainCounts.length);
  checkAligned(lists, targets);
  const expected = new Set(mostPopular(trainCounts, k));
  return Float64Array.from({ length: lists.offsets.length - 1 }, (_, row) => {
    const right = new Set(listOf(targets, row));
    if (right.size === 0) return Number.NaN;
    return topOf(lists, row, k).filter((item) => right.has(item) && !expected.has(item)).length / k;
  });
}

/** The k items of most training interactions. */
function mostPopular(trainCounts: ArrayLike<number>, k: number): Int32Array {
  const order = Int32Array.from({ length: trainCounts.length }, (_, item) => item);
  return order.sort((a, b) => trainCounts[b]! - trainCounts[a]! || a - b).subarray(0, k);
}

/** Throws unless there are targets for each list. */
export function checkAligned(lists: RaggedItems, targets: Pick<RaggedItems, "offsets">): void {
  const [size, came] = [lists.offsets.length - 1, targets.offsets.length - 1];
  if (size === came) return;
  throw new PlatformError("bad-config", `targets must have one list for each of ${size} queries, got ${came}.`);
}
