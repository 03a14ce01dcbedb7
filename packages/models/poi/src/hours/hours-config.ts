import { z } from "zod";

/** Minus infinity for every practical purpose, yet finite: the order among closed places stays. */
export const HARD_PENALTY = 1000;

export const hoursConfigSchema = z.strictObject({
  form: z
    .enum(["soft", "hard", "off"])
    .default("soft")
    .describe("what closed places lose at inference: penalty (soft), 1000 (hard) or nothing (off)"),
  penalty: z
    .number()
    .min(0)
    .max(HARD_PENALTY)
    .default(2)
    .describe("logits that the soft form takes from closed places"),
  unreadable: z
    .enum(["refuse", "unknown"])
    .default("refuse")
    .describe("hours that cannot be read stop the fit (refuse), or count as not known (unknown)"),
  pairs: z
    .record(z.string(), z.tuple([z.number().min(0).max(24), z.number().min(0).max(24)]))
    .default({})
    .describe("[open, close] in local hours by category, for places without hours of their own; may pass midnight"),
  learnedShare: z
    .number()
    .min(0)
    .max(0.5)
    .default(0)
    .describe(
      "share of its own training check-ins, in its quietest hours, that a category without hours may lose; 0: no learned hours",
    ),
});
export type HoursConfig = z.infer<typeof hoursConfigSchema>;
