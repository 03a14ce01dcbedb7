import { PARTS, selectRows, type Interactions, type NumberColumn } from "@sequitur/core";
import { rowsWhere } from "./leave-one-out.js";
import { evaluationSet, packed, type Question } from "./questions.js";
import type { EvaluationSet, Split } from "./split.js";

/** Which part of a split a row belongs to. */
export const TRAIN = PARTS.indexOf("train");
export const VALIDATION = PARTS.indexOf("validation");
export const TEST = PARTS.indexOf("test");
/** Known when asking, not trained on: the first events of a user whom training never meets. */
export const HISTORY = 3;
export const DROPPED = 4;

/** How the held-out rows are asked for. */
export interface PartsAsking {
  /** What the test knows: training alone, or validation too. */
  readonly history: "all" | "train";
  /** set (default): a user's rows of a part are the answers of one question; each: one question a row. */
  readonly ask?: "set" | "each";
  /** Without a validation row there are no validation questions, in place of an error. */
  readonly mayLackValidation?: boolean;
}

/**
 * A split from a label on each row: a user with held-out rows is asked once a part, all of them are the answers, and the
 * history is what the user has in training or HISTORY (for the test, with `history` "all", also in validation), in order of
 * time; with `ask` "each", followed by the earlier rows of the part. Where history goes on after the first answer, `now` is
 * its end and `answeredFrom` the instant of that answer.
 */
export function splitByParts(
  interactions: Interactions,
  parts: Uint8Array,
  { history, ask = "set", mayLackValidation = false }: PartsAsking,
): Split {
  const known = (part: number): boolean => part === TRAIN || part === HISTORY;
  const knownInTest = history === "all" ? (part: number) => known(part) || part === VALIDATION : known;
  return {
    train: selectRows(
      interactions,
      rowsWhere(interactions.size, (row) => parts[row] === TRAIN),
    ),
    validation: partQuestions(interactions, parts, {
      asked: VALIDATION,
      known,
      ask,
      name: "validation",
      mayBeEmpty: mayLackValidation,
    }),
    test: partQuestions(interactions, parts, { asked: TEST, known: knownInTest, ask, name: "test" }),
  };
}

interface Asking {
  readonly asked: number;
  readonly known: (part: number) => boolean;
  readonly ask: "set" | "each";
  readonly name: string;
  readonly mayBeEmpty?: boolean;
}

function partQuestions(interactions: Interactions, parts: Uint8Array, asking: Asking): EvaluationSet {
  const { asked, known, ask, name, mayBeEmpty = false } = asking;
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
    const question = (first: number, end: number): Question => {
      return {
        user,
        historyFrom: from,
        historyTo: first,
        sessionFrom: from,
        targetFrom: first,
        targetTo: end,
        seenTo: first,
      };
    };
    if (answers.length === 0) continue;
    if (ask === "set") questions.push(question(targetFrom, targetTo));
    else for (let at = targetFrom; at < targetTo; at++) questions.push(question(at, at + 1));
  }
  const reordered = inOrder(interactions, order);
  return askedAtTheEnd(mayBeEmpty ? packed(reordered, questions) : evaluationSet(reordered, questions, name));
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
