import { HOUR_MS, PlatformError, selectRows, type Interactions } from "@sequitur/core";
import { z } from "zod";
import { rowsWhere } from "./leave-one-out.js";
import { evaluationSet, type Question } from "./questions.js";
import type { Split } from "./split.js";
import { timeQuantile } from "./temporal.js";

export const sessionLastSchema = z.strictObject({
  kind: z.literal("session-last"),
  validationFrom: z.number().gt(0).lt(1).default(0.8).describe("quantile of the times; training is strictly before it"),
  testFrom: z.number().gt(0).lt(1).default(0.9).describe("quantile of the times; validation is strictly before it"),
  gapHours: z.number().positive().default(0.5).describe("hours; a longer gap starts a session, where the log has none"),
  history: z.enum(["session", "all"]).default("session").describe("what a query knows: its session, or all before it"),
  minLength: z.int().min(2).default(2).describe("events; shorter sessions are not asked"),
  maxHistory: z.int().min(1).default(200).describe("events; the newest that a query carries"),
});
export type SessionLastConfig = z.infer<typeof sessionLastSchema>;

/** One cut in time; the last event of each session that ends in a held-out part is asked for. Trains on nothing later. */
export function sessionLastSplit(interactions: Interactions, config: SessionLastConfig): Split {
  const { times, size } = interactions;
  if (!(config.validationFrom < config.testFrom)) {
    throw new PlatformError(
      "bad-config",
      `validationFrom must be below testFrom, got ${config.validationFrom} and ${config.testFrom}.`,
    );
  }
  const [validationFromMs, testFromMs] = [config.validationFrom, config.testFrom].map((q) => timeQuantile(times, q));
  const part = (fromMs: number, toMs: number, name: string) =>
    evaluationSet(interactions, lastOfSessions(interactions, config, fromMs, toMs), name);
  return {
    train: selectRows(
      interactions,
      rowsWhere(size, (row) => times[row]! < validationFromMs!),
    ),
    validation: part(validationFromMs!, testFromMs!, "validation"),
    test: part(testFromMs!, Infinity, "test"),
  };
}

function lastOfSessions(interactions: Interactions, config: SessionLastConfig, fromMs: number, toMs: number) {
  const { size, users, times, userOffsets } = interactions;
  const starts = sessionBoundary(interactions, config.gapHours * HOUR_MS);
  const questions: Question[] = [];
  let start = 0;
  for (let row = 0; row < size; row++) {
    if (starts(row)) start = row;
    const isLast = row + 1 === size || starts(row + 1);
    if (!isLast || times[row]! < fromMs || times[row]! >= toMs || row - start + 1 < config.minLength) continue;
    const user = users[row]!;
    const known = config.history === "session" ? start : userOffsets[user]!;
    const historyFrom = Math.max(known, row - config.maxHistory);
    questions.push({
      user,
      historyFrom,
      historyTo: row,
      sessionFrom: Math.max(start, historyFrom),
      targetFrom: row,
      targetTo: row + 1,
      seenTo: row,
    });
  }
  return questions;
}

/** Whether a row begins a session: of another user, another session of the log, or after a longer gap where it has none. */
function sessionBoundary(
  { users, times, context: { session } }: Interactions,
  gapMs: number,
): (row: number) => boolean {
  return (row) => {
    if (row === 0 || users[row] !== users[row - 1]) return true;
    return session === undefined ? times[row]! - times[row - 1]! > gapMs : session[row] !== session[row - 1];
  };
}
