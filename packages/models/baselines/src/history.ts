import { NONE, type QueryBatch } from "@sequitur/core";

/** The item a query's history ends with, or NONE when it is empty or ends outside the catalogue. */
export function lastItem(batch: QueryBatch, query: number, itemCount: number): number {
  const end = batch.offsets[query + 1]!;
  if (end === batch.offsets[query]) return NONE;
  const item = batch.items[end - 1]!;
  return item >= 0 && item < itemCount ? item : NONE;
}

/** The user of a query, or NONE when nobody is known or the index lies outside the catalogue. */
export function knownUser(batch: QueryBatch, query: number, userCount: number): number {
  const user = batch.users[query]!;
  return user >= 0 && user < userCount ? user : NONE;
}

/** Reads the distinct items of histories; owns the marks that this takes, so make one for each `score` call. */
export function distinctReader(
  batch: QueryBatch,
  itemCount: number,
): (query: number, from?: number, most?: number) => Int32Array {
  const mark = new Int32Array(itemCount).fill(NONE);
  /** Items of the history from absolute position `from` on, newest first, at most `most`. */
  return (query, from = batch.offsets[query]!, most = Infinity) => {
    const end = batch.offsets[query + 1]!;
    const items = new Int32Array(Math.min(end - from, most));
    let count = 0;
    for (let position = end - 1; position >= from && count < most; position--) {
      const item = batch.items[position]!;
      if (item < 0 || item >= itemCount || mark[item] === query) continue;
      mark[item] = query;
      items[count++] = item;
    }
    return items.subarray(0, count);
  };
}
