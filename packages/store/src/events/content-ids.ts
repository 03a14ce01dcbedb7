import { createHash } from "node:crypto";
import type { Interactions } from "@sequitur/core";

/** What one row says, as far as it tells events apart. */
export type KindOf = (row: number) => string;

/**
 * Event ids of rows: the source, and a hash of user, item, time and kind. A longer version of the source therefore gives
 * the rows that it shares with the shorter one the same ids. Rows that say the same are numbered in their order.
 */
export function contentIds(source: string, interactions: Interactions, kindOf: KindOf, rows: Int32Array): string[] {
  return Array.from(rows, (row) => {
    const before = equalRowsBefore(interactions, kindOf, row);
    return `${source}/${contentHash(interactions, kindOf, row)}${before === 0 ? "" : `.${before}`}`;
  });
}

function contentHash({ catalog, users, items, times }: Interactions, kindOf: KindOf, row: number): string {
  const parts = [catalog.users.ids[users[row]!], catalog.items.ids[items[row]!], times[row], kindOf(row)];
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 22);
}

/** Rows lie by user and time, so that equal ones are in the same run of both. */
function equalRowsBefore({ users, items, times }: Interactions, kindOf: KindOf, row: number): number {
  let count = 0;
  for (let other = row - 1; other >= 0 && users[other] === users[row] && times[other] === times[row]; other--) {
    if (items[other] === items[row] && kindOf(other) === kindOf(row)) count++;
  }
  return count;
}
