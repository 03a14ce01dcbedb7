import { selectRows, type Interactions, type NumberColumn } from "@sequitur/core";
import { rowsWhere } from "./leave-one-out.js";
import { evaluationSet, type Question } from "./questions.js";
import type { EvaluationSet, Split } from "./split.js";

/** Which part of a split a row belongs to. */
export const TRAIN = 0;
export const VALIDATION = 1;
export const TEST = 2;
/** Known when asking, not trained on: the first events of a user whom training never meets. */
export const HISTORY = 3;
export const DROPPED = 4;

/**
 * A split from a label on each row: a user with held-out rows is asked once a part, all of them are the answers, and the
 * history is what the user has in training or HISTORY (for the test, with `history` "all", also in validation), in order of
 * time. Where history goes on after the first answer, `now` is its end and `answeredFrom` the instant of that answer.
 */
export function splitByParts(interactions: Interactions, parts: Uint8Array, history: "all" | "train"): Split {
  const known = (part: number): boolean => part === TRAIN || part === HISTORY;
  const knownInTest = history === "all" ? (part: number) => known(part) || part === VALIDATION : known;
  return {
    train: selectRows(
      interactions,
      rowsWhere(interactions.size, (row) => parts[row] === TRAIN),
    ),
    validation: partQuestions(interactions, parts, { asked: VALIDATION, known, name: "validation" }),
    test: partQuestions(interactions, parts, { asked: TEST, known: knownInTest, name: "test" }),
  };
}

interface Asking {
  readonly asked: number;
  readonly known: (part: number) => boolean;
  readonly name: string;
}

function partQuestions(interactions: Interactions, parts: Uint8Array, { asked, known, name }: Asking): EvaluationSet {
  const { userOffsets } = interactions;
  const order: number[] = [];
  const questions: Question[] = [];
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    const rows = Array.from({ length: userOffsets[user + 1]! - userOffsets[user]! }, (_, i) => userOffsets[user]! + i);
    const from = order.length;
    const before = rows.filter((row) => known(parts[row]!));
    const answers = rows.filter((row) => parts[row] === asked);
    const targetFrom = from + before.length;
    const targetTo = targetFrom + answers.length;
    for (const row of [...before, ...answers]) order.push(row);
    for (const row of rows) if (!known(parts[row]!) && parts[row] !== asked) order.push(row);
    if (answers.length === 0) continue;
    questions.push({
      user,
      historyFrom: from,
      historyTo: targetFrom,
      sessionFrom: from,
      targetFrom,
      targetTo,
      seenTo: targetFrom,
    });
  }
  const reordered = inOrder(interactions, order);
  return askedAtTheEnd(evaluationSet(reordered, questions, name));
}

/** The rows of each user in another order than that of time; for `evaluationSet` alone. */
function inOrder(interactions: Interactions, order: readonly number[]): Interactions {
  const pick = <T extends NumberColumn>(column: T): T => {
    const Column = column.constructor as new (length: number) => T;
    const out = new Column(order.length);
    order.forEach((row, i) => (out[i] = column[row]!));
    return out;
  };
  const context = Object.fromEntries(
    Object.entries(interactions.context).map(([name, column]) => [name, pick(column as NumberColumn)]),
  );
  return { ...interactions, items: pick(interactions.items), times: pick(interactions.times), context };
}

/** Moves `now` to the end of a history that goes on after the first answer. */
function askedAtTheEnd(set: EvaluationSet): EvaluationSet {
  const { queries } = set;
  const now = queries.now.map((instant, b) => {
    const end = queries.offsets[b + 1]!;
    return end > queries.offsets[b]! ? Math.max(instant, queries.times[end - 1]!) : instant;
  });
  if (now.every((instant, b) => instant === queries.now[b])) return set;
  return { ...set, queries: { ...queries, now }, answeredFrom: queries.now };
}
