import { HOUR_MS, PlatformError, selectRows, type Interactions } from "@sequitur/core";
import { z } from "zod";
import { rowsWhere } from "./leave-one-out.js";
import { evaluationSet, type Question } from "./questions.js";
import type { Split } from "./split.js";
import { knownIn, timeQuantile } from "./temporal.js";

export const trajectorySchema = z.strictObject({
  kind: z.literal("trajectory"),
  sessionGapHours: z
    .number()
    .positive()
    .default(24)
    .describe("hours; a longer one starts a new trajectory")
    .meta({ formerly: ["cutHours"] }),
  sessionGapFrom: z
    .enum(["previous", "first"])
    .default("previous")
    .describe("measure sessionGapHours from the previous check-in, or from the first one of the trajectory")
    .meta({ formerly: ["cutFrom"] }),
  train: z.number().gt(0).lt(1).default(0.8).describe("quantile of the check-in times"),
  validation: z.number().gt(0).lt(1).default(0.1).describe("share of the check-in times after train"),
  boundary: z
    .enum(["check-in", "trajectory"])
    .default("check-in")
    .describe("what falls on one side of a cut: each check-in, or whole trajectories by their first check-in"),
  minLength: z.int().min(2).default(3).describe("check-ins; shorter held-out trajectories are not asked"),
  maxHistory: z.int().min(1).default(200).describe("check-ins; the newest that a query carries"),
});
export type TrajectoryConfig = z.infer<typeof trajectorySchema>;

const TRAIN = 0;
const VALIDATION = 1;
const TEST = 2;
const DROPPED = 3;

/**
 * The protocol of next-place models: check-ins are cut into trajectories, single check-ins dropped, the time line cut
 * 80/10/10; users and places unseen in training leave the held-out parts, and the last check-in of each held-out
 * trajectory is the answer. The query's session is the trajectory so far, its history all earlier check-ins; the
 * training interactions carry their trajectory as `session`, in place of one that the source gave.
 */
export function trajectorySplit(interactions: Interactions, config: TrajectoryConfig): Split {
  if (config.train + config.validation >= 1) {
    throw new PlatformError(
      "bad-config",
      `train + validation must be below 1 to leave a test part, got ${config.train} + ${config.validation}.`,
    );
  }
  const numbered = trajectoryNumbers(interactions, config);
  const whole = selectRows(interactions, rowsWhere(interactions.size, longerThanOne(numbered)));
  if (whole.size === 0) throw new PlatformError("bad-data", "no trajectory has two check-ins.");
  // Trajectories are not renumbered: dropping a check-in in the middle does not cut one.
  const numbers = trajectoryNumbers(whole, config);
  const parts = partOfRows(whole, numbers, config);
  const trainRows = rowsWhere(whole.size, (row) => parts[row] === TRAIN);
  const train = withSessions(selectRows(whole, trainRows), pick(numbers, trainRows));
  const known = knownIn(train);
  for (let row = 0; row < whole.size; row++) {
    if (parts[row] !== TRAIN && !known(whole.users[row]!, whole.items[row]!)) parts[row] = DROPPED;
  }
  const keptRows = rowsWhere(whole.size, (row) => parts[row] !== DROPPED);
  const kept = selectRows(whole, keptRows);
  const keptParts = Uint8Array.from(keptRows, (row) => parts[row]!);
  const keptNumbers = pick(numbers, keptRows);
  const ask = (part: number, name: string) =>
    evaluationSet(kept, questionsOf(kept, keptParts, keptNumbers, part, config), name);
  return { train, validation: ask(VALIDATION, "validation"), test: ask(TEST, "test") };
}

function pick(numbers: Int32Array, rows: Int32Array): Int32Array {
  return Int32Array.from(rows, (row) => numbers[row]!);
}

function withSessions(interactions: Interactions, session: Int32Array): Interactions {
  return { ...interactions, context: { ...interactions.context, session } };
}

/** (size) trajectory number of each row, ascending; a gap of exactly sessionGapHours stays together. */
export function trajectoryNumbers(
  interactions: Interactions,
  config: Pick<TrajectoryConfig, "sessionGapHours" | "sessionGapFrom">,
): Int32Array {
  const { users, times } = interactions;
  const numbers = new Int32Array(interactions.size);
  const limitMs = config.sessionGapHours * HOUR_MS;
  let number = 0;
  let first = 0;
  for (let row = 1; row < interactions.size; row++) {
    const from = config.sessionGapFrom === "first" ? first : row - 1;
    if (users[row] !== users[row - 1] || times[row]! - times[from]! > limitMs) {
      number++;
      first = row;
    }
    numbers[row] = number;
  }
  return numbers;
}

function longerThanOne(numbers: Int32Array): (row: number) => boolean {
  return (row) => numbers[row] === numbers[row - 1] || numbers[row] === numbers[row + 1];
}

function partOfRows(interactions: Interactions, numbers: Int32Array, config: TrajectoryConfig): Uint8Array {
  const { times } = interactions;
  const validationFromMs = timeQuantile(times, config.train);
  const testFromMs = timeQuantile(times, config.train + config.validation);
  const parts = new Uint8Array(interactions.size);
  let first = 0;
  for (let row = 0; row < interactions.size; row++) {
    if (row > 0 && numbers[row] !== numbers[row - 1]) first = row;
    const time = times[config.boundary === "trajectory" ? first : row]!;
    parts[row] = time < validationFromMs ? TRAIN : time < testFromMs ? VALIDATION : TEST;
  }
  return parts;
}

function questionsOf(
  kept: Interactions,
  parts: Uint8Array,
  numbers: Int32Array,
  part: number,
  config: TrajectoryConfig,
): Question[] {
  const questions: Question[] = [];
  let from = 0;
  for (let row = 0; row < kept.size; row++) {
    const starts = row === 0 || numbers[row] !== numbers[row - 1] || parts[row] !== parts[row - 1];
    if (starts) from = row;
    const last = row + 1 === kept.size || numbers[row + 1] !== numbers[row] || parts[row + 1] !== parts[row];
    if (!last || parts[row] !== part || row - from + 1 < config.minLength) continue;
    const user = kept.users[row]!;
    questions.push({
      user,
      historyFrom: Math.max(kept.userOffsets[user]!, row - config.maxHistory),
      historyTo: row,
      sessionFrom: Math.max(from, row - config.maxHistory),
      targetFrom: row,
      targetTo: row + 1,
      seenTo: row,
    });
  }
  return questions;
}
