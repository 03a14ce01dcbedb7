import { PlatformError, Random, type Interactions } from "@sequitur/core";
import { z } from "zod";
import { HISTORY, splitByParts, TEST, TRAIN, VALIDATION } from "./parts.js";
import type { Split } from "./split.js";

export const unseenUsersSchema = z.strictObject({
  kind: z.literal("unseen-users"),
  validation: z.number().gt(0).lt(1).default(0.1).describe("share of the users"),
  test: z.number().gt(0).lt(1).default(0.1).describe("share of the users"),
  history: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.8)
    .describe("share of such a user's interactions, the oldest, that is known"),
  seed: z.int().min(0).default(1).describe("of the draw of users"),
});
export type UnseenUsersConfig = z.infer<typeof unseenUsersSchema>;

/**
 * Strong generalisation (Marlin 2004): training never meets the users who are asked. Of each of them the oldest events are
 * the history and the rest are the answers. Training holds other users' later events.
 */
export function unseenUsersSplit(interactions: Interactions, config: UnseenUsersConfig): Split {
  if (config.validation + config.test >= 1) {
    throw new PlatformError(
      "bad-config",
      `validation + test must be below 1 to leave users to train on, got ${config.validation} + ${config.test}.`,
    );
  }
  const { userOffsets, catalog } = interactions;
  const users = new Random(config.seed)
    .fork("unseen users")
    .shuffle(Int32Array.from({ length: catalog.users.size }, (_, user) => user));
  const validated = Math.round(config.validation * users.length);
  const tested = validated + Math.round(config.test * users.length);
  const parts = new Uint8Array(interactions.size).fill(TRAIN);
  users.subarray(0, tested).forEach((user, i) => {
    const [from, to] = [userOffsets[user]!, userOffsets[user + 1]!];
    const cut = from + Math.floor(config.history * (to - from) + 1e-9);
    // A user of one event has no history to be asked by, and is not trained on either.
    parts.fill(HISTORY, from, to);
    if (cut > from) parts.fill(i < validated ? VALIDATION : TEST, cut, to);
  });
  return splitByParts(interactions, parts, { history: "train" });
}
