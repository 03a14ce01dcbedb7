import { PlatformError, type Interactions } from "@sequitur/core";
import { z } from "zod";
import { splitByParts } from "./parts.js";
import type { Split } from "./split.js";

export const givenSchema = z.strictObject({
  kind: z.literal("given"),
  ask: z
    .enum(["set", "each"])
    .default("set")
    .describe("set: a user's test events are the answers of one question; each: each is one, the earlier ones known"),
  history: z
    .enum(["all", "train"])
    .default("all")
    .describe("what a test query knows: train and validation, or train only"),
});
export type GivenConfig = z.infer<typeof givenSchema>;

/**
 * The data's own parts (`context.part`), as its training, validation and test files say. What training knows of the time
 * after the questions is for `leakageOf` to count. Without a validation part nothing is asked there.
 */
export function givenSplit(interactions: Interactions, { ask, history }: GivenConfig): Split {
  const { part } = interactions.context;
  if (part === undefined) {
    throw new PlatformError(
      "bad-config",
      "the split given needs data with parts of its own, as files of validation and test (--validation, --test) or a " +
        "column (part=COLUMN), got one log.",
    );
  }
  return splitByParts(interactions, Uint8Array.from(part), { history, ask, mayLackValidation: true });
}
