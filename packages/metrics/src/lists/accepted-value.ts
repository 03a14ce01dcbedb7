import { listOf, PlatformError, type RaggedItems } from "@sequitur/core";
import { checkAligned } from "./serendipity.js";
import { checkLists, topOf } from "./top-of-list.js";

/**
 * (B) the sum of what the right items among the top k are worth, such as their prices: what the list would have sold if each
 * right item that it shows is taken. An item of unknown worth (NaN) counts as nothing; NaN for a query without targets.
 */
export function acceptedValue(
  lists: RaggedItems,
  k: number,
  targets: RaggedItems,
  worth: ArrayLike<number>,
): Float64Array {
  checkLists(lists, k, worth.length);
  checkAligned(lists, targets);
  return Float64Array.from({ length: lists.offsets.length - 1 }, (_, row) => {
    const right = new Set(listOf(targets, row));
    if (right.size === 0) return Number.NaN;
    return topOf(lists, row, k).reduce((sum, item) => sum + (right.has(item) ? worth[item]! || 0 : 0), 0);
  });
}

/** (N) an attribute of items as numbers, NaN where unknown; `bad-config` where it holds anything else. */
export function worthOf(name: string, values: readonly (string | number | boolean | null)[]): Float64Array {
  const stray = values.find((value) => value !== null && typeof value !== "number");
  if (stray !== undefined) {
    throw new PlatformError(
      "bad-config",
      `the attribute ${name} must hold numbers to be summed, got "${String(stray)}".`,
    );
  }
  return Float64Array.from(values, (value) => (value === null ? Number.NaN : (value as number)));
}
