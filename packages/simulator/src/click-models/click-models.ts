import { z } from "zod";
import { cascade } from "./cascade.js";
import type { ClickModel } from "./click-model.js";
import { dynamicBayesian } from "./dynamic-bayesian.js";
import { multinomial } from "./multinomial.js";
import { positionBased } from "./position-based.js";

const persistence = z
  .number()
  .min(0)
  .max(1)
  .describe("probability of going on to the next position when nothing has ended the reading");

/** Which click model people follow, with its numbers. */
export const clickModelSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("multinomial") }),
  z.strictObject({
    kind: z.literal("position-based"),
    decay: z.number().min(0).max(5).default(0.5).describe("position k, from 0, is examined with (k + 1)^-decay"),
  }),
  z.strictObject({ kind: z.literal("cascade"), persistence: persistence.default(0.9) }),
  z.strictObject({ kind: z.literal("dynamic-bayesian"), persistence: persistence.default(0.9) }),
]);
export type ClickModelConfig = z.infer<typeof clickModelSchema>;

/** The click model of a config. */
export function clickModelOf(config: ClickModelConfig): ClickModel {
  switch (config.kind) {
    case "multinomial":
      return multinomial;
    case "position-based":
      return positionBased(config.decay);
    case "cascade":
      return cascade(config.persistence);
    case "dynamic-bayesian":
      return dynamicBayesian(config.persistence);
  }
}
