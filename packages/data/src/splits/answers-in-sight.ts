import { listOf } from "@sequitur/core";
import type { EvaluationSet, Split } from "./split.js";

/**
 * Test questions of which an answer can be read off all the rest of a split (training, validation with its answers, and the
 * histories of the test): an event of the same user and item at the instant of the question or later. A set of questions
 * that is handed out without answers must have none.
 */
export function answersInSight({ train, validation, test }: Split): number {
  const latest = Array.from({ length: train.catalog.users.size }, () => new Map<number, number>());
  const see = (user: number, item: number, time: number): void => {
    const own = latest[user];
    if (own !== undefined) own.set(item, Math.max(own.get(item) ?? -Infinity, time));
  };
  for (let row = 0; row < train.size; row++) see(train.users[row]!, train.items[row]!, train.times[row]!);
  for (const { queries } of [validation, test]) {
    for (let b = 0; b < queries.size; b++) {
      for (let at = queries.offsets[b]!; at < queries.offsets[b + 1]!; at++) {
        see(queries.users[b]!, queries.items[at]!, queries.times[at]!);
      }
    }
  }
  eachAnswer(validation, see);
  let count = 0;
  for (let b = 0; b < test.queries.size; b++) {
    const own = latest[test.queries.users[b]!];
    const asked = instantOf(test, b);
    count += Number(listOf(test.targets, b).some((item) => (own?.get(item) ?? -Infinity) >= asked));
  }
  return count;
}

function eachAnswer(set: EvaluationSet, see: (user: number, item: number, time: number) => void): void {
  for (let b = 0; b < set.queries.size; b++) {
    for (const item of listOf(set.targets, b)) see(set.queries.users[b]!, item, instantOf(set, b));
  }
}

/** The instant of the first answer. */
function instantOf({ queries, answeredFrom }: EvaluationSet, b: number): number {
  return (answeredFrom ?? queries.now)[b]!;
}
