import { appendRows, listOf, POSITIVE, type Interactions } from "@sequitur/core";
import type { Split } from "@sequitur/data";

/**
 * Training interactions together with those that answer the validation queries, for a fit after the search. Each answer
 * is the user's first positive interaction with the item at or after the query's instant.
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
  return appendRows(train, whole, Int32Array.from(answered).sort());
}

function answerRow(whole: Interactions, user: number, item: number, now: number): number | undefined {
  const { role } = whole.context;
  for (let row = whole.userOffsets[user]!; row < whole.userOffsets[user + 1]!; row++) {
    if ((role?.[row] ?? POSITIVE) === POSITIVE && whole.items[row] === item && whole.times[row]! >= now) return row;
  }
  return undefined;
}
