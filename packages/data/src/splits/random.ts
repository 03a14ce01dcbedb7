import { PlatformError, Random, type Interactions } from "@sequitur/core";
import { z } from "zod";
import { splitByParts, TEST, TRAIN, VALIDATION } from "./parts.js";
import type { Split } from "./split.js";

export const randomSchema = z.strictObject({
  kind: z.literal("random"),
  by: z.enum(["user", "all"]).default("user").describe("draw from the interactions of each user, or from all together"),
  train: z.number().gt(0).lt(1).default(0.8).describe("share of the interactions"),
  validation: z.number().gt(0).lt(1).default(0.1).describe("share of the interactions"),
  history: z.enum(["all", "train"]).default("train").describe("what a test query knows: train, or also validation"),
  seed: z.int().min(0).default(1).describe("of the draw"),
});
export type RandomConfig = z.infer<typeof randomSchema>;

/**
 * Interactions drawn at random, whatever their time: training holds events of the own user that are later than the
 * answers. For comparison with numbers published so. A user without a test row is not asked.
 */
export function randomSplit(interactions: Interactions, config: RandomConfig): Split {
  const { train, validation, by, history, seed } = config;
  if (train + validation >= 1) {
    throw new PlatformError(
      "bad-config",
      `train + validation must be below 1 to leave a test part, got ${train} + ${validation}.`,
    );
  }
  const { userOffsets, catalog, size } = interactions;
  const random = new Random(seed).fork("random split");
  const parts = new Uint8Array(size);
  const drawn = (from: number, to: number, draws: Random): void => {
    const rows = draws.shuffle(Int32Array.from({ length: to - from }, (_, i) => from + i));
    const trained = Math.floor(train * rows.length + 1e-9);
    const validated = Math.floor((train + validation) * rows.length + 1e-9);
    rows.forEach((row, i) => (parts[row] = i < trained ? TRAIN : i < validated ? VALIDATION : TEST));
  };
  if (by === "all") drawn(0, size, random);
  else {
    for (let user = 0; user < catalog.users.size; user++) {
      // By id, so that a user's part does not depend on who else is there.
      drawn(userOffsets[user]!, userOffsets[user + 1]!, random.fork(catalog.users.ids[user]!));
    }
  }
  return splitByParts(interactions, parts, { history });
}
