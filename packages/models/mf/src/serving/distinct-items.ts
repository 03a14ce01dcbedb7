import type { QueryBatch } from "@sequitur/core";

/** Ascending distinct items of a query's history; what lies outside the catalogue is passed over. */
export function distinctItems(batch: QueryBatch, query: number, itemCount: number): Int32Array {
  const own = batch.items.slice(batch.offsets[query], batch.offsets[query + 1]).sort();
  let count = 0;
  for (let at = 0; at < own.length; at++) {
    const item = own[at]!;
    if (item < 0 || item >= itemCount || (count > 0 && own[count - 1] === item)) continue;
    own[count++] = item;
  }
  return own.subarray(0, count);
}
