import { PlatformError, type RaggedItems } from "@sequitur/core";

/** A view of the first k items of list i, or of all when there are fewer. */
export function topOf(lists: RaggedItems, i: number, k: number): Int32Array {
  const start = lists.offsets[i]!;
  return lists.items.subarray(start, Math.min(start + k, lists.offsets[i + 1]!));
}

/** Throws unless k is a positive integer and every item of the lists lies in [0, itemCount). */
export function checkLists(lists: RaggedItems, k: number, itemCount: number): void {
  if (!(Number.isInteger(k) && k >= 1)) {
    throw new PlatformError("bad-config", `k must be a positive integer, got ${k}.`);
  }
  const stray = lists.items.findIndex((item) => item < 0 || item >= itemCount);
  if (stray >= 0) {
    throw new PlatformError(
      "bad-data",
      `items of a list must be in [0, ${itemCount}), got ${lists.items[stray]} at position ${stray}.`,
    );
  }
}

/** (B) the mean of an item's value over the top k of each list; NaN for an empty list. */
export function meanOverTop(lists: RaggedItems, k: number, valueOf: ArrayLike<number>): Float64Array {
  checkLists(lists, k, valueOf.length);
  const means = new Float64Array(lists.offsets.length - 1);
  for (let row = 0; row < means.length; row++) {
    const top = topOf(lists, row, k);
    let sum = 0;
    for (const item of top) sum += valueOf[item]!;
    means[row] = sum / top.length;
  }
  return means;
}
