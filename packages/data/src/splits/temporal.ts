import { HOUR_MS, PlatformError, selectRows, type Interactions } from "@sequitur/core";
import { z } from "zod";
import { rowsWhere, sessionGapHoursSchema } from "./leave-one-out.js";
import { evaluationSet, sessionStart, type Question } from "./questions.js";
import type { Split } from "./split.js";

const cut = z.union([
  z.number().gt(0).lt(1).describe("quantile of the interaction times"),
  z.iso.datetime().or(z.iso.date()).describe("ISO date or instant, UTC"),
]);

/** What every cut in time can be asked. */
export const askingFields = {
  ask: z
    .enum(["each", "first", "set"])
    .default("each")
    .describe("each: every held-out interaction is a query of its own; first: a user's first one; set: all at once"),
  cold: z
    .enum(["keep", "drop"])
    .default("keep")
    .describe("keep or drop queries whose user or targets never occur in training"),
  maxHistory: z.int().min(1).default(200).describe("interactions; the newest that a query carries"),
  sessionGapHours: sessionGapHoursSchema,
};

export const temporalSchema = z.strictObject({
  kind: z.literal("temporal"),
  validationFrom: cut.default(0.8).describe("quantile in (0, 1) or ISO date; training is strictly before it"),
  testFrom: cut.default(0.9).describe("quantile in (0, 1) or ISO date; validation is strictly before it"),
  ...askingFields,
});
export type TemporalConfig = z.infer<typeof temporalSchema>;

/** One global cut in time: nothing in training happened at or after validationFrom, nothing in validation at or after testFrom. */
export function temporalSplit(interactions: Interactions, config: TemporalConfig): Split {
  const validationFromMs = cutTime(interactions, config.validationFrom, "validationFrom");
  const testFromMs = cutTime(interactions, config.testFrom, "testFrom");
  if (!(validationFromMs < testFromMs)) {
    throw new PlatformError(
      "bad-config",
      `validationFrom must come before testFrom, got ${iso(validationFromMs)} and ${iso(testFromMs)}.`,
    );
  }
  return cutInTime(interactions, config, { validationFromMs, testFromMs, untilMs: Infinity });
}

/** Instants, ms since the epoch, that end training, validation and test. */
export interface TimeCuts {
  readonly validationFromMs: number;
  readonly testFromMs: number;
  readonly untilMs: number;
}

/** The split at instants: nothing after `untilMs` takes part. */
export function cutInTime(
  interactions: Interactions,
  config: Pick<TemporalConfig, "ask" | "cold" | "maxHistory" | "sessionGapHours">,
  { validationFromMs, testFromMs, untilMs }: TimeCuts,
): Split {
  const { times } = interactions;
  const train = selectRows(
    interactions,
    rowsWhere(interactions.size, (row) => times[row]! < validationFromMs),
  );
  const known = config.cold === "drop" ? knownIn(train) : () => true;
  const part = (fromMs: number, toMs: number, name: string) => {
    const questions = partQuestions(interactions, config, fromMs, toMs, known);
    return evaluationSet(interactions, questions, name);
  };
  return {
    train,
    validation: part(validationFromMs, testFromMs, "validation"),
    test: part(testFromMs, untilMs, "test"),
  };
}

function partQuestions(
  interactions: Interactions,
  config: Pick<TemporalConfig, "ask" | "maxHistory" | "sessionGapHours">,
  fromMs: number,
  toMs: number,
  known: (user: number, item: number) => boolean,
): Question[] {
  const { userOffsets, times, items } = interactions;
  const gapMs = (config.sessionGapHours ?? Infinity) * HOUR_MS;
  const questions: Question[] = [];
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    const from = userOffsets[user]!;
    const to = userOffsets[user + 1]!;
    let first = from;
    while (first < to && times[first]! < fromMs) first++;
    let end = first;
    while (end < to && times[end]! < toMs) end++;
    const ask = (targetFrom: number, targetTo: number): void => {
      const historyFrom = Math.max(from, targetFrom - config.maxHistory);
      const sessionFrom = sessionStart(times, historyFrom, targetFrom, gapMs);
      questions.push({
        user,
        historyFrom,
        historyTo: targetFrom,
        sessionFrom,
        targetFrom,
        targetTo,
        seenTo: targetFrom,
      });
    };
    if (config.ask === "set" && end > first) {
      let anyKnown = false;
      for (let row = first; row < end && !anyKnown; row++) anyKnown = known(user, items[row]!);
      if (anyKnown) ask(first, end);
    }
    if (config.ask === "set") continue;
    for (let row = first; row < end; row++) {
      if (!known(user, items[row]!)) continue;
      ask(row, row + 1);
      if (config.ask === "first") break;
    }
  }
  return questions;
}

/** Whether both a user and an item occur in training. */
export function knownIn(train: Interactions): (user: number, item: number) => boolean {
  const items = new Uint8Array(train.catalog.items.size);
  for (const item of train.items) items[item] = 1;
  const { userOffsets } = train;
  return (user, item) => userOffsets[user + 1]! > userOffsets[user]! && items[item] === 1;
}

function cutTime(interactions: Interactions, value: number | string, field: string): number {
  if (typeof value === "string") return Date.parse(value);
  if (interactions.size === 0) throw new PlatformError("bad-data", `${field}: there are no interactions to cut.`);
  return timeQuantile(interactions.times, value);
}

/** The time at rank floor(q * n) of the sorted times: a share of q lies strictly before it, ties aside. */
export function timeQuantile(times: Float64Array, q: number): number {
  const sorted = times.slice().sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
