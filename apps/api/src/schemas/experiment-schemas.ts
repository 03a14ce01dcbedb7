import { z } from "@hono/zod-openapi";
import { nameSchema, objectOf } from "./values.js";

const attributeName = z.string().min(1).max(200);

/** How users, sessions, requests or hours are shared out, and how the outcome is read. */
export const designSchema = z
  .discriminatedUnion("kind", [
    objectOf({ kind: z.literal("ab") }),
    objectOf({
      kind: z.literal("sequential"),
      looks: z.int().min(2).max(20).default(4).openapi({ description: "planned looks, the last one included" }),
      units: z.int().min(400).max(1e9).openapi({ description: "users (or sessions) of all arms at the last look" }),
      shape: z.enum(["obrien-fleming", "pocock"]).default("obrien-fleming").openapi({ description: "of the bounds" }),
    }),
    objectOf({
      kind: z.literal("switchback"),
      blockMinutes: z
        .number()
        .min(1)
        .max(20_160)
        .default(60)
        .openapi({ description: "how long an arm answers everybody" }),
      pairs: z.int().min(2).max(10_000).openapi({ description: "pairs of blocks; in each, one of the two is control" }),
      burnInMinutes: z.number().min(0).max(20_160).default(0).openapi({
        description: "first part of a block that is not counted, while the arm before it still has its effect",
      }),
    }),
    objectOf({ kind: z.literal("interleaving") }),
    objectOf({
      kind: z.literal("bandit"),
      horizon: z.int().min(100).max(1e9).openapi({ description: "requests that it is planned for" }),
      attributionMinutes: z.number().min(0).max(43_200).default(60).openapi({
        description: "how old a request must be for its feedback to be known: only then it is learned from",
      }),
      context: attributeName
        .optional()
        .openapi({ description: "attribute of users by whose value arms are learned apart" }),
      contexts: z.array(z.string().min(1).max(200)).max(50).default([]).openapi({
        description: "values of it that are learned apart; all others are one",
      }),
    }),
  ])
  .openapi("ExperimentDesign", {
    description:
      "ab: users keep an arm; sequential: the same with planned looks; switchback: arms take turns for all users; interleaving: the lists of two arms are mixed; bandit: traffic moves to the arm that does best",
  });

/** What is decided before an experiment starts. */
export const experimentPlanSchema = objectOf({
  design: designSchema.prefault({ kind: "ab" }),
  unit: z.enum(["user", "session"]).default("user").openapi({
    description: "what keeps its arm: the userId of a request or its sessionId",
  }),
  group: nameSchema.optional().openapi({
    description: "experiments of one group share the users out among them, so that nobody is in two",
  }),
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
  stopOnGuardrail: z.boolean().default(true).openapi({
    description: "stop the experiment once an arm harms a guardrail, by a bound that holds however often one looks",
  }),
  segments: z.array(attributeName).max(5).default([]).openapi({
    description: "attributes of users by which the results are split; they should be known before the start",
  }),
}).openapi("ExperimentPlan");
export type ExperimentPlan = z.infer<typeof experimentPlanSchema>;

/** The plan that an experiment was made with; defaults where it has none. */
export function planOf({ settings }: { readonly settings: Readonly<Record<string, unknown>> }): ExperimentPlan {
  const plan = plans.get(settings) ?? experimentPlanSchema.parse(settings["plan"] ?? {});
  plans.set(settings, plan);
  return plan;
}

/** Every request of an experiment asks for its plan. */
const plans = new WeakMap<object, ExperimentPlan>();

/** Whether users (or sessions) keep the arm that they met first. */
export function keepsArms({ design: { kind } }: Pick<ExperimentPlan, "design">): boolean {
  return kind === "ab" || kind === "sequential";
}

/** Where in the order of its group's users an experiment begins; 0 before its start and without a group. */
export function placeOf({ settings }: { readonly settings: Readonly<Record<string, unknown>> }): number {
  return z.number().default(0).parse(settings["from"]);
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

const nullableNumber = z.number().nullable();

const differenceSchema = z.object({
  difference: z.number(),
  low: z.number(),
  high: z.number(),
  pValue: z.number(),
});

const designReadingSchema = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("sequential"),
      units: z.int(),
      arms: z.array(
        z.object({
          arm: z.string(),
          stoppedAt: z.int().nullable().openapi({ description: "first look that crossed its bound" }),
          looks: z.array(
            z.object({
              look: z.int(),
              units: z.int(),
              difference: z.number(),
              z: z.number(),
              bound: z.number(),
              crossed: z.boolean(),
            }),
          ),
        }),
      ),
    }),
    z.object({
      kind: z.literal("switchback"),
      pairs: z.int().openapi({ description: "pairs of blocks with requests in both" }),
      effect: differenceSchema
        .extend({ randomisationPValue: z.number() })
        .nullable()
        .openapi({ description: "treated blocks - the others, a request; null before two pairs" }),
    }),
    z.object({
      kind: z.literal("interleaving"),
      preference: z
        .object({
          winsNew: z.int().openapi({ description: "users with more feedback on items of the second arm" }),
          winsControl: z.int(),
          ties: z.int(),
          share: z.number().openapi({ description: "(wins of the second arm - wins of control) / users" }),
          low: z.number(),
          high: z.number(),
          pValue: z.number(),
        })
        .nullable(),
    }),
    z.object({
      kind: z.literal("bandit"),
      regretBound: z.number().openapi({
        description:
          "bound on the expected rewards lost to the best arm over the planned requests, were rewards known at once",
      }),
      arms: z.array(
        z.object({
          arm: z.string(),
          requests: z.int(),
          latestShare: z.number().openapi({ description: "share of the last tenth of the requests" }),
          value: z.number().openapi({ description: "share of requests with a reward if this arm answered all" }),
          standardError: z.number(),
        }),
      ),
      effects: z
        .array(differenceSchema.extend({ arm: z.string() }))
        .openapi({ description: "for one look at the end" }),
    }),
  ])
  .openapi("DesignReading");

const segmentsSchema = z
  .array(
    z.object({
      attribute: z.string(),
      arm: z.string(),
      values: z.array(
        z.object({
          value: z.string(),
          users: z.int(),
          difference: z.number().openapi({ description: "mean over users of the metric a request, arm - control" }),
          low: z.number(),
          high: z.number(),
          adjustedPValue: z.number().openapi({ description: "corrected for all segments of all attributes and arms" }),
        }),
      ),
      heterogeneityPValue: nullableNumber.openapi({
        description:
          "whether the effect differs between the values; one segment above 0 and another not is no sign of it",
      }),
    }),
  )
  .openapi("Segments", {
    description:
      "for one look at the end: the more segments and looks, the more differences by chance. Values with fewer than 20 users in an arm are left out",
  });

export const experimentResultsSchema = z
  .object({
    experimentId: z.string(),
    status: z.enum(["draft", "running", "stopped"]),
    plan: experimentPlanSchema,
    design: designReadingSchema.nullable().openapi({ description: "what the kind of experiment says; null for ab" }),
    segments: segmentsSchema,
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
    arms: z.array(z.object({ arm: z.string(), users: z.int(), requests: z.int(), impressions: z.int().nullable() })),
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
      .openapi({
        description: "kind of feedback -> its sum a request; the first arm is control; empty where users keep no arm",
      }),
  })
  .openapi("ExperimentResults");
