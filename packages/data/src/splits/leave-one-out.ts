import { HOUR_MS, selectRows, type Interactions } from "@sequitur/core";
import { z } from "zod";
import { evaluationSet, sessionStart, type Question } from "./questions.js";
import type { Split } from "./split.js";

export const sessionGapHoursSchema = z
  .number()
  .positive()
  .optional()
  .describe("hours; a longer gap starts a new session of the query; absent: the whole history is one session");

export const leaveOneOutSchema = z.strictObject({
  kind: z.literal("leave-one-out"),
  minInteractions: z.int().min(3).default(3).describe("interactions; users with fewer are only trained on"),
  history: z
    .enum(["all", "train"])
    .default("all")
    .describe("what a test query knows: train and the validation item, or train only"),
  sessionGapHours: sessionGapHoursSchema,
});
export type LeaveOneOutConfig = z.infer<typeof leaveOneOutSchema>;

/**
 * Each user's last interaction is the test answer, the one before it the validation answer, the rest is training.
 * Order inside a user is exact; across users, training holds interactions later than some test answers.
 */
export function leaveOneOut(interactions: Interactions, config: LeaveOneOutConfig): Split {
  const { userOffsets, times } = interactions;
  const gapMs = (config.sessionGapHours ?? Infinity) * HOUR_MS;
  const validation: Question[] = [];
  const test: Question[] = [];
  const held = new Uint8Array(interactions.size);
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    const from = userOffsets[user]!;
    const to = userOffsets[user + 1]!;
    if (to - from < config.minInteractions) continue;
    const ask = (target: number, historyTo: number): Question => ({
      user,
      historyFrom: from,
      historyTo,
      sessionFrom: sessionStart(times, from, historyTo, gapMs),
      targetFrom: target,
      targetTo: target + 1,
      seenTo: target,
    });
    validation.push(ask(to - 2, to - 2));
    test.push(ask(to - 1, config.history === "all" ? to - 1 : to - 2));
    held[to - 2] = held[to - 1] = 1;
  }
  return {
    train: selectRows(
      interactions,
      rowsWhere(interactions.size, (row) => held[row] === 0),
    ),
    validation: evaluationSet(interactions, validation, "validation"),
    test: evaluationSet(interactions, test, "test"),
  };
}

/** Ascending rows for which the test holds. */
export function rowsWhere(size: number, keep: (row: number) => boolean): Int32Array {
  let count = 0;
  for (let row = 0; row < size; row++) if (keep(row)) count++;
  const rows = new Int32Array(count);
  let at = 0;
  for (let row = 0; row < size; row++) if (keep(row)) rows[at++] = row;
  return rows;
}
