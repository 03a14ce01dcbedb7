import { NEGATIVE, POSITIVE } from "@sequitur/core";
import type { Preview, PreviewRequest } from "../schemas/preview-schemas.js";
import { isoOf } from "../schemas/values.js";
import type { DrawnSlate } from "./draw-slate.js";
import { itemTest } from "./item-filter.js";
import { unwantedIds, type PastItem, type Question } from "./question.js";
import type { Serving } from "./serving.js";
import type { Stage } from "./stage.js";

/** The question with another history: events left out, items added; asked as a session. */
export function changedQuestion(question: Question, { without, add }: NonNullable<PreviewRequest["change"]>): Question {
  const left = new Set(without.map(({ itemId, time }) => `${time} ${itemId}`));
  const added = add.map((itemId): PastItem => ({ itemId, time: question.now, role: POSITIVE, value: 1 }));
  const history = [...question.history.filter(({ itemId, time }) => !left.has(`${time} ${itemId}`)), ...added];
  const before = unwantedIds(question.history);
  const after = unwantedIds(history);
  const exclude = question.exclude.filter((itemId) => !before.has(itemId) || after.has(itemId));
  return { ...question, userId: undefined, history, exclude };
}

/** How many items are left after each step from the catalogue to the slate. */
export function stepsOf(
  { items: { directory } }: Serving,
  question: Question,
  { found, asked, stage }: DrawnSlate & { readonly stage: Stage | undefined },
): Preview["steps"] {
  const test = itemTest(directory, question.filter, question.now);
  const barred = new Set(question.exclude);
  let passed = 0;
  let wanted = 0;
  for (let index = 0; index < directory.size; index++) {
    if (!test(index)) continue;
    passed++;
    if (!barred.has(directory.record(index).itemId)) wanted++;
  }
  const byModel = stage?.ask === undefined || asked === undefined ? undefined : stage.ask(question).candidates.length;
  return [
    { step: "catalogue" as const, items: directory.liveCount },
    { step: "filter" as const, items: passed },
    { step: "unwanted" as const, items: wanted },
    ...(byModel === undefined ? [] : [{ step: "model" as const, items: byModel }]),
    ...(asked === undefined ? [] : [{ step: "pool" as const, items: asked.candidates.length }]),
    { step: "shown" as const, items: found.items.length },
  ];
}

/** The history of a question as answers show it. */
export function historyOut({ items: { directory } }: Serving, history: readonly PastItem[]): Preview["history"] {
  return history.map(({ itemId, time, role, value }) => {
    const index = directory.indexOf(itemId);
    return {
      itemId,
      title: index < 0 ? "" : (directory.record(index).title ?? ""),
      time: isoOf(time),
      role: role === POSITIVE ? "positive" : role === NEGATIVE ? "negative" : "exposure",
      value,
    };
  });
}
