import { CONTEXT_NAMES, interactionsFrom, listOf, type Interactions, type NumberColumn } from "@sequitur/core";
import type { Split } from "@sequitur/data";

/**
 * Training interactions together with those that answer the validation queries, for a fit after the search. Each answer
 * is the user's first interaction with the item at or after the query's instant.
 */
export function withValidation(whole: Interactions, { train, validation }: Split): Interactions {
  const { queries, targets } = validation;
  const answered = new Set<number>();
  for (let b = 0; b < queries.size; b++) {
    for (const item of listOf(targets, b)) {
      const row = answerRow(whole, queries.users[b]!, item, queries.now[b]!);
      if (row !== undefined) answered.add(row);
    }
  }
  const rows = Int32Array.from(answered).sort();
  const context: Record<string, NumberColumn> = {};
  for (const name of CONTEXT_NAMES) {
    const old = train.context[name];
    const added = whole.context[name];
    if (old !== undefined && added !== undefined) context[name] = appended(old, added, rows);
  }
  return interactionsFrom(train.catalog, {
    users: appended(train.users, whole.users, rows),
    items: appended(train.items, whole.items, rows),
    times: appended(train.times, whole.times, rows),
    context,
  });
}

function answerRow(whole: Interactions, user: number, item: number, now: number): number | undefined {
  for (let row = whole.userOffsets[user]!; row < whole.userOffsets[user + 1]!; row++) {
    if (whole.items[row] === item && whole.times[row]! >= now) return row;
  }
  return undefined;
}

function appended<T extends NumberColumn>(old: T, source: NumberColumn, rows: Int32Array): T {
  const Column = old.constructor as new (length: number) => T;
  const out = new Column(old.length + rows.length);
  out.set(old);
  rows.forEach((row, i) => (out[old.length + i] = source[row]!));
  return out;
}
