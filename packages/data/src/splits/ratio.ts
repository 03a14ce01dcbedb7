import { HOUR_MS, PlatformError, selectRows, type Interactions } from "@sequitur/core";
import { z } from "zod";
import { rowsWhere, sessionGapHoursSchema } from "./leave-one-out.js";
import { evaluationSet, sessionStart, type Question } from "./questions.js";
import type { Split } from "./split.js";

export const ratioSchema = z.strictObject({
  kind: z.literal("ratio"),
  train: z.number().gt(0).lt(1).default(0.8).describe("share of each user's interactions, the oldest"),
  validation: z.number().gt(0).lt(1).default(0.1).describe("share of each user's interactions after training"),
  history: z
    .enum(["all", "train"])
    .default("all")
    .describe("what a test query knows: train and validation, or train only"),
  sessionGapHours: sessionGapHoursSchema,
});
export type RatioConfig = z.infer<typeof ratioSchema>;

/**
 * Cuts each user's interactions in time order: floor(train * n) train, up to floor((train + validation) * n) validation,
 * the rest test; one query a user and part, all its distinct items are targets. A user with an empty part is not asked.
 */
export function ratioSplit(interactions: Interactions, config: RatioConfig): Split {
  if (config.train + config.validation >= 1) {
    throw new PlatformError(
      "bad-config",
      `train + validation must be below 1 to leave a test part, got ${config.train} + ${config.validation}.`,
    );
  }
  const { userOffsets, times } = interactions;
  const gapMs = (config.sessionGapHours ?? Infinity) * HOUR_MS;
  const validation: Question[] = [];
  const test: Question[] = [];
  const trainTo = new Int32Array(userOffsets.length);
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    const from = userOffsets[user]!;
    const to = userOffsets[user + 1]!;
    const firstCut = from + share(config.train, to - from);
    const secondCut = from + share(config.train + config.validation, to - from);
    trainTo[user] = firstCut;
    const ask = (targetFrom: number, targetTo: number, historyTo: number): Question => ({
      user,
      historyFrom: from,
      historyTo,
      sessionFrom: sessionStart(times, from, historyTo, gapMs),
      targetFrom,
      targetTo,
      seenTo: targetFrom,
    });
    if (firstCut > from && secondCut > firstCut) validation.push(ask(firstCut, secondCut, firstCut));
    if (firstCut > from && to > secondCut) {
      test.push(ask(secondCut, to, config.history === "all" ? secondCut : firstCut));
    }
  }
  return {
    train: selectRows(
      interactions,
      rowsWhere(interactions.size, (row) => row < trainTo[interactions.users[row]!]!),
    ),
    validation: evaluationSet(interactions, validation, "validation"),
    test: evaluationSet(interactions, test, "test"),
  };
}

/** floor(ratio * n), where 0.7 + 0.2 of 10 is 9 although the sum is 0.8999... in binary. */
function share(ratio: number, n: number): number {
  return Math.floor(ratio * n + 1e-9);
}
