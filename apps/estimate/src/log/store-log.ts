import { z } from "zod";

const instant = z
  .union([
    z.number(),
    z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
    z.iso.date().transform((text) => Date.parse(text)),
  ])
  .optional();

/** Which answers of a store are the log, and what counts as their reward. */
export const storeLog = z.strictObject({
  since: instant.describe("only what was asked at or after this instant: ms, a date (UTC), or ISO 8601 with its zone"),
  before: instant.describe("only what was asked before this instant; absent: before the command began"),
  endpoints: z
    .array(z.string().min(1))
    .min(1)
    .default(["slates"])
    .describe("answers of these, such as slates or recommendations"),
  feedback: z
    .array(z.string().min(1))
    .min(1)
    .default(["click"])
    .describe("reactions that reward an item with 1 when their value is above 0"),
});
export type StoreLog = z.infer<typeof storeLog>;
