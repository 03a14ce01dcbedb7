import {
  EXPOSURE,
  historyOfRoles,
  NEGATIVE,
  POSITIVE,
  rowsOfRoles,
  type Interactions,
  type QueryBatch,
} from "@sequitur/core";
import type { EvaluationSet } from "@sequitur/data";
import { readQuestions } from "./question-file.js";
import type { Task } from "./task.js";

type Shown = Pick<Task, "without">;

/** Training as the task's model is shown it. */
export function trainShown(train: Interactions, { without = [] }: Shown): Interactions {
  const kept = without.length === 0 ? train : rowsOfRoles(train, rolesShown(without));
  if (!without.includes("value")) return kept;
  const { value: _value, ...context } = kept.context;
  return { ...kept, context };
}

/** The questions of a file, with histories as the task's model is shown them; the answers stay. */
export async function questionsShown(file: string, { without = [] }: Shown): Promise<EvaluationSet> {
  const set = await readQuestions(file);
  return without.length === 0 ? set : { ...set, queries: historyShown(set.queries, without) };
}

function historyShown(queries: QueryBatch, without: NonNullable<Task["without"]>): QueryBatch {
  const kept = historyOfRoles(queries, rolesShown(without));
  if (!without.includes("value")) return kept;
  const { values: _values, ...rest } = kept;
  return rest;
}

function rolesShown(without: NonNullable<Task["without"]>): number[] {
  return [
    POSITIVE,
    ...(without.includes("negative") ? [] : [NEGATIVE]),
    ...(without.includes("exposure") ? [] : [EXPOSURE]),
  ];
}
