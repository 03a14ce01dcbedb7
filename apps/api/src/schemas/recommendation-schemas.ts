import { z } from "@hono/zod-openapi";
import { kindSchema, weightSchema } from "./event-schemas.js";
import {
  idSchema,
  instantSchema,
  latitudeSchema,
  longitudeSchema,
  nameSchema,
  textSchema,
  utcOffsetSchema,
  objectOf,
} from "./values.js";

const MOST_IDS = 10_000;
const MOST_K = 200;
const ids = z.array(idSchema).max(MOST_IDS);
const expression = textSchema.min(1).max(4_000);
const categoryNames = z.array(textSchema.min(1).max(200)).min(1).max(200);

export const pastItemSchema = objectOf({
  itemId: idSchema,
  time: instantSchema.optional(),
  kind: kindSchema.optional().openapi({ description: 'as of events; default "visit"' }),
  weight: weightSchema.optional(),
}).openapi("PastItem", {
  description: "one step of a session, as an event would tell it; the time may be left out",
});

export const filterSchema = objectOf({
  allow: ids.optional().openapi({ description: "only these items" }),
  deny: ids.optional().openapi({ description: "none of these items" }),
  categories: categoryNames.optional().openapi({ description: "at least one of these" }),
  notCategories: categoryNames.optional(),
  where: expression.optional().openapi({
    description: "an expression over the items' fields and attributes that has to be true",
    example: 'price < 10 and "italian" in categories and not in_stock = false',
  }),
  radiusKm: z.number().positive().max(20_038).optional().openapi({ description: "around latitude, longitude" }),
  openAt: z
    .union([z.literal("now"), instantSchema])
    .optional()
    .openapi({ description: '"now" is the request\'s now' }),
  unknownHours: z.enum(["drop", "keep"]).default("drop").openapi({ description: "items whose hours nobody knows" }),
}).openapi("Filter", { description: "all that is given must hold; unavailable and deleted items never pass" });

export const rulesSchema = objectOf({
  pins: z
    .array(
      objectOf({
        itemId: idSchema,
        position: z
          .int()
          .min(0)
          .max(MOST_K - 1),
      }),
    )
    .max(50)
    .default([])
    .openapi({ description: "items with a fixed place, 0 first" }),
  boosts: z
    .array(
      objectOf({
        itemIds: ids.optional(),
        categories: categoryNames.optional(),
        where: expression.optional().openapi({ description: "an expression that is true of the items meant" }),
        factor: z.union([z.number().min(0).max(1_000), expression]).openapi({
          description: "on the distance to the lowest score; an expression gives each item its own",
          example: "if price < 10 then 1.5 else 1",
        }),
      }),
    )
    .max(50)
    .default([]),
  caps: z
    .array(objectOf({ category: textSchema.min(1).max(200), most: z.int().min(0).max(MOST_K) }))
    .max(50)
    .default([])
    .openapi({ description: "at most so many items of a category" }),
}).openapi("Rules");

const asker = {
  userId: idSchema.optional().openapi({ description: "a known user; their history is read from the store" }),
  history: z
    .array(pastItemSchema)
    .max(1_000)
    .optional()
    .openapi({ description: "a session without a user, oldest first; with userId it replaces the stored history" }),
  k: z.int().min(1).max(MOST_K).default(10),
  now: instantSchema.optional().openapi({ description: "default: the server's clock" }),
  utcOffsetMinutes: utcOffsetSchema.optional(),
  latitude: latitudeSchema.optional(),
  longitude: longitudeSchema.optional(),
  filter: filterSchema.optional(),
  rules: rulesSchema.optional(),
  excludeSeen: z.boolean().default(false).openapi({ description: "leave out what the user has met already" }),
  allowNegatives: z
    .boolean()
    .default(false)
    .openapi({ description: "show also what the user said they do not want (dislike, hide, ... by the signals)" }),
  explain: z
    .boolean()
    .default(false)
    .openapi({ description: "name the items of the history that speak for each item" }),
};

const located = (ask: { latitude?: number | undefined; longitude?: number | undefined }): boolean =>
  (ask.latitude === undefined) === (ask.longitude === undefined);
const LOCATED = { message: "latitude and longitude go together", path: ["latitude"] };
const radiusHasCentre = (ask: {
  latitude?: number | undefined;
  filter?: { radiusKm?: number | undefined } | undefined;
}): boolean => ask.filter?.radiusKm === undefined || ask.latitude !== undefined;
const CENTRED = { message: "radiusKm needs latitude and longitude", path: ["filter", "radiusKm"] };

const experiment = nameSchema.optional().openapi({ description: "a running experiment; needs userId or sessionId" });
/** What a request says to be part of an experiment. */
const underExperiment = {
  experiment,
  sessionId: idSchema.optional().openapi({ description: "one visit, for experiments that go by session" }),
};
const hasUnit = (ask: {
  experiment?: string | undefined;
  userId?: string | undefined;
  sessionId?: string | undefined;
}): boolean => ask.experiment === undefined || ask.userId !== undefined || ask.sessionId !== undefined;
const NAMED = { message: "an experiment needs userId or sessionId", path: ["experiment"] };
const isKept = (ask: { experiment?: string | undefined; record: boolean }): boolean =>
  ask.experiment === undefined || ask.record;
const KEPT = { message: "an experiment needs record: what is not kept cannot be counted", path: ["record"] };

const record = z
  .boolean()
  .default(true)
  .openapi({ description: "keep what was shown, so that feedback can refer to it" });

export const recommendationRequestSchema = objectOf({ ...asker, record, ...underExperiment })
  .refine(hasUnit, NAMED)
  .refine(isKept, KEPT)
  .refine(located, LOCATED)
  .refine(radiusHasCentre, CENTRED)
  .openapi("RecommendationRequest");
export type RecommendationRequest = z.infer<typeof recommendationRequestSchema>;

export const recommendationBatchSchema = objectOf({
  requests: z.array(recommendationRequestSchema).min(1).max(100),
}).openapi("RecommendationBatch");

export const nextPoiRequestSchema = objectOf({
  ...asker,
  latitude: latitudeSchema,
  longitude: longitudeSchema,
  record,
  ...underExperiment,
  radiusKm: z.number().positive().max(20_038).default(5),
  openNow: z.boolean().default(false).openapi({ description: "only places whose hours say that they are open" }),
  categories: categoryNames.optional(),
})
  .refine(hasUnit, NAMED)
  .refine(isKept, KEPT)
  .openapi("NextPoiRequest");
export type NextPoiRequest = z.infer<typeof nextPoiRequestSchema>;

export const similarQuerySchema = z
  .object({
    k: z.coerce.number().int().min(1).max(200).default(10),
    userId: idSchema.optional().openapi({ description: "who asks; needed by an experiment that goes by user" }),
    ...underExperiment,
  })
  .refine(hasUnit, NAMED);

const propensityDraws = z.int().min(0).max(100_000).optional().openapi({ description: "0: propensities are unknown" });

export const policySchema = z
  .discriminatedUnion("kind", [
    objectOf({ kind: z.literal("greedy") }),
    objectOf({ kind: z.literal("random") }),
    objectOf({ kind: z.literal("epsilon-greedy"), epsilon: z.number().min(0).max(1).optional() }),
    objectOf({ kind: z.literal("softmax"), temperature: z.number().min(1e-4).max(1e6).optional() }),
    objectOf({ kind: z.literal("ucb"), exploration: z.number().min(0).max(100).optional() }),
    objectOf({
      kind: z.literal("linucb"),
      alpha: z.number().min(0).max(100).optional(),
      ridge: z.number().positive().max(1e6).optional(),
    }),
    objectOf({ kind: z.literal("thompson"), propensityDraws }),
    objectOf({
      kind: z.literal("in-slate-thompson"),
      collision: z.enum(["next-draw", "same-draw"]).optional(),
      propensityDraws,
    }),
  ])
  .openapi("Policy", {
    description: "a slate policy of @sequitur/slate; what is left out has the default of the policy",
  });
export type PolicyChoice = z.infer<typeof policySchema>;

export const slateRequestSchema = objectOf({
  ...asker,
  policy: policySchema.optional().openapi({ description: "default: greedy, or that of the experiment's arm" }),
  pool: z.int().min(1).max(10_000).optional().openapi({
    description: "how many of the model's best items the policy chooses from; default: all that may be shown",
  }),
  ...underExperiment,
})
  .refine(located, LOCATED)
  .refine(radiusHasCentre, CENTRED)
  .refine(hasUnit, NAMED)
  .openapi("SlateRequest");
export type SlateRequest = z.infer<typeof slateRequestSchema>;

/** Fields of a request that an arm of an experiment sets. */
export const armRequestSchema = objectOf({
  k: z.int().min(1).max(MOST_K).optional(),
  filter: filterSchema.optional(),
  rules: rulesSchema.optional(),
  excludeSeen: z.boolean().optional(),
  allowNegatives: z.boolean().optional(),
}).openapi("ArmRequest", { description: "what is left out stays as the request has it" });
export type ArmRequest = z.infer<typeof armRequestSchema>;

export const reasonSchema = z
  .object({
    kind: z.enum(["history", "model", "popular", "new", "pinned"]),
    text: z.string(),
    itemIds: z.array(z.string()).readonly().optional(),
    facts: z.record(z.string(), z.unknown()).readonly().optional().openapi({
      description: "with explain, the numbers behind the text where the model gives them (next-place models do)",
    }),
  })
  .openapi("Reason");

const answeredUnderSchema = z
  .object({
    experimentId: z.string(),
    arm: z.string().nullable().openapi({ description: "that answered; null where the lists of two are mixed" }),
    probability: z
      .number()
      .optional()
      .openapi({ description: "with which the arm was drawn, where it is for each request" }),
    teams: z
      .array(z.string())
      .readonly()
      .optional()
      .openapi({ description: "where lists are mixed, the arm of each item" }),
  })
  .openapi("AnsweredUnder");

const shownItem = {
  itemId: z.string(),
  title: z.string().optional(),
  score: z.number().nullable().openapi({ description: "the model's own; null where none was given" }),
  servedBy: z.string().openapi({ description: "the stage that placed it" }),
  reason: reasonSchema,
  distanceKm: z.number().optional(),
};

export const recommendationSchema = z
  .object({
    requestId: z.uuid(),
    servedBy: z
      .string()
      .openapi({ description: 'first stage that gave an item: "model", "session", "popular", "newest"' }),
    model: z
      .object({ name: z.string(), versionId: z.int() })
      .optional()
      .openapi({ description: "what stands behind servedBy" }),
    experiment: answeredUnderSchema.optional(),
    items: z.array(z.object(shownItem)),
  })
  .openapi("Recommendation");
export type Recommendation = z.infer<typeof recommendationSchema>;

export const recommendationListSchema = z
  .object({ results: z.array(recommendationSchema) })
  .openapi("RecommendationList");

export const slateSchema = z
  .object({
    requestId: z.uuid().openapi({ description: "send it with feedback" }),
    servedBy: z.string(),
    model: z.object({ name: z.string(), versionId: z.int() }).optional(),
    policy: z.string(),
    propensityKind: z.enum(["exact", "estimated", "unknown"]).openapi({
      description:
        "how propensities and conditionals are known; 1 / (an estimated propensity) is an unbiased estimate of 1 / P",
    }),
    experiment: answeredUnderSchema.optional(),
    items: z.array(
      z.object({
        ...shownItem,
        position: z.int(),
        propensity: z.number().nullable().openapi({
          description: "P(the policy shows this item at this position), whatever stands above; null where unknown",
        }),
        conditional: z.number().nullable().openapi({
          description: "P(this item here | the items above it), so that the product is P(slate); null where unknown",
        }),
        standardError: z
          .number()
          .nullable()
          .openapi({ description: "of the propensity; null unless it is an estimate" }),
      }),
    ),
  })
  .openapi("Slate");
export type SlateOut = z.infer<typeof slateSchema>;
