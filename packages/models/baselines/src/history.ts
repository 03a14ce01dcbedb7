import { NEGATIVE, NONE, type QueryBatch } from "@sequitur/core";

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

/**
 * Reads what a history says of its items: the largest value of each, below 0 for one that is not wanted, which holds it
 * once however often it happened. Undefined where every item says 1.
 */
export function opinionReader(batch: QueryBatch): ((query: number) => (item: number) => number) | undefined {
  const { roles, values, items, offsets } = batch;
  if (roles === undefined && values === undefined) return undefined;
  return (query) => {
    const largest = new Map<number, number>();
    for (let at = offsets[query]!; at < offsets[query + 1]!; at++) {
      const amount = (roles?.[at] === NEGATIVE ? -1 : 1) * (values?.[at] ?? 1);
      const known = largest.get(items[at]!) ?? 0;
      if (Math.abs(amount) > Math.abs(known)) largest.set(items[at]!, amount);
    }
    return (item) => largest.get(item) ?? 0;
  };
}
