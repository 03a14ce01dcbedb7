import { z } from "zod";
import { clickModelSchema } from "./click-models/click-models.js";

const DAY_HOURS = 24;

/** How people react to slates, and when the platform hears of it; the same for every arm. */
export const behaviourSchema = z.strictObject({
  clicks: z
    .preprocess((value) => (typeof value === "string" ? { kind: value } : value), clickModelSchema)
    .prefault({ kind: "multinomial" })
    .describe("click model: multinomial, position-based, cascade or dynamic-bayesian"),
  fatigue: z
    .number()
    .min(0)
    .max(20)
    .default(0.3)
    .describe("utility that an item loses for each recent showing to the user; 0 = nobody tires"),
  fatigueDays: z.number().positive().default(7).describe("half-life of a showing's effect, in days"),
  fatigueSlates: z.int().min(1).max(100).default(8).describe("latest slates of a user whose showings count"),
  churn: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe("share of planned visits that a wholly unsatisfied user drops; 0 = visits do not depend on slates"),
  delayHours: z.number().min(0).max(1_000).default(0.5).describe("mean delay until a click is known (exponential)"),
  windowHours: z
    .number()
    .positive()
    .max(1_000)
    .default(DAY_HOURS)
    .describe("after so long a slate counts as not clicked; what is clicked later is never learnt of"),
});
export type Behaviour = z.infer<typeof behaviourSchema>;
