import { z } from "@hono/zod-openapi";
import { nameSchema, objectOf } from "./values.js";

/** What is decided before an experiment starts. */
export const experimentPlanSchema = objectOf({
  metric: nameSchema.default("click").openapi({ description: "kind of feedback that decides, summed a request" }),
  effect: z.number().gt(0).lt(1).default(0.05).openapi({ description: "relative effect that it is to find" }),
  alpha: z.number().gt(0).lt(0.5).default(0.05).openapi({ description: "probability of a false alarm" }),
  power: z.number().gt(0.5).lt(1).default(0.8).openapi({ description: "probability to find the effect" }),
  traffic: z.number().gt(0).max(1).default(1).openapi({
    description: "share of the users who take part; the others are answered as without the experiment",
  }),
  guardrails: z
    .array(
      objectOf({
        metric: nameSchema.openapi({ description: "kind of feedback that no arm may harm" }),
        tolerated: z.number().min(0).max(1).default(0).openapi({ description: "relative harm that may be borne" }),
        more: z.boolean().default(true).openapi({ description: "whether more of it is better" }),
      }),
    )
    .max(20)
    .default([]),
}).openapi("ExperimentPlan");
export type ExperimentPlan = z.infer<typeof experimentPlanSchema>;

/** The plan that an experiment was made with; defaults where it has none. */
export function planOf({ settings }: { readonly settings: Readonly<Record<string, unknown>> }): ExperimentPlan {
  return experimentPlanSchema.parse(settings["plan"] ?? {});
}

export const trafficBodySchema = objectOf({ traffic: experimentPlanSchema.shape.traffic.unwrap() }).openapi(
  "ExperimentTraffic",
);

const effectSchema = z.object({
  arm: z.string(),
  difference: z.number().openapi({ description: "arm - control, a request" }),
  low: z.number(),
  high: z.number(),
  relative: z
    .object({ lift: z.number().nullable(), low: z.number().nullable(), high: z.number().nullable() })
    .openapi({ description: "difference / |control|, by the delta method; null where control is too near 0" }),
  pValue: z.number().openapi({ description: "holds for one look, at the planned end" }),
  adjustedPValue: z.number().openapi({ description: "the same, corrected for several arms (Holm)" }),
  alwaysValid: z
    .object({ pValue: z.number(), low: z.number(), high: z.number() })
    .nullable()
    .openapi({ description: "holds however often one looks; null below 100 users or 10 of the metric an arm" }),
  cuped: z
    .object({
      difference: z.number(),
      low: z.number(),
      high: z.number(),
      pValue: z.number(),
      varianceReduction: z.number(),
      withoutHistory: z.number(),
      warnings: z.array(z.string()).readonly(),
    })
    .nullable()
    .openapi({
      description: "difference a user, their feedback of the four weeks before the first exposure taken out",
    }),
});

export const experimentResultsSchema = z
  .object({
    experimentId: z.string(),
    status: z.enum(["draft", "running", "stopped"]),
    plan: experimentPlanSchema,
    verdicts: z.array(
      z.object({
        arm: z.string(),
        decision: z.enum(["better", "worse", "guardrail", "undecided", "untrustworthy"]),
        sentence: z.string(),
      }),
    ),
    sampleRatio: z.object({
      pValue: z.number().nullable().openapi({ description: "of the counts of users against the weights" }),
      mismatch: z.boolean().openapi({ description: "p below 0.001: do not trust the comparison" }),
    }),
    arms: z.array(z.object({ arm: z.string(), users: z.int(), requests: z.int(), impressions: z.int() })),
    metrics: z
      .record(
        z.string(),
        z.object({
          arms: z.array(
            z.object({ arm: z.string(), users: z.int(), count: z.int(), perRequest: z.number().nullable() }),
          ),
          effects: z.array(effectSchema),
          power: z
            .object({
              units: z.int(),
              detectable: z.number(),
              needed: z.int().openapi({ description: "users an arm for the planned effect" }),
              daysNeeded: z.int().nullable().openapi({ description: "days until the smallest arm has them" }),
            })
            .nullable(),
        }),
      )
      .openapi({ description: "kind of feedback -> its sum a request; the first arm is control" }),
  })
  .openapi("ExperimentResults");
