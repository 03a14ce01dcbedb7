import { z } from "@hono/zod-openapi";
import { SCOPES } from "../http/principal.js";
import { experimentPlanSchema, keepsArms } from "./experiment-schemas.js";
import { armRequestSchema, policySchema } from "./recommendation-schemas.js";
import { instantOutSchema, instantSchema, nameSchema, textSchema, objectOf } from "./values.js";

/** The places of the chain that a version can be active in. */
export const SLOTS = ["default", "session", "popular"] as const;
export type Slot = (typeof SLOTS)[number];
export const slotSchema = z.enum(SLOTS).openapi("Slot");

export const modelVersionSchema = z
  .object({
    versionId: z.int(),
    model: z.string(),
    version: z.int(),
    config: z.unknown(),
    metrics: z.record(z.string(), z.number()).openapi({ description: "means on held-out questions" }),
    validation: z
      .record(z.string(), z.unknown())
      .nullable()
      .openapi({ description: "its table beside the active version and popularity; null when nothing was held out" }),
    fit: z.record(z.string(), z.unknown()).openapi({ description: "code version, seed, seconds, peak memory" }),
    dataFingerprint: z.string(),
    createdAt: instantOutSchema,
    activeIn: z.array(slotSchema).openapi({ description: "slots that it is active in, by the store" }),
    shadowIn: z.array(slotSchema),
    loaded: z.boolean().openapi({ description: "whether this process answers with it now" }),
  })
  .openapi("ModelVersion");

export const modelListSchema = z.object({ models: z.array(modelVersionSchema) }).openapi("ModelList");

export const activationSchema = objectOf({
  slot: slotSchema.default("default"),
  reason: textSchema.max(500).default(""),
}).openapi("Activation");

export const slotBodySchema = objectOf({ slot: slotSchema.default("default") }).openapi("SlotBody");

export const slotStateSchema = z
  .object({ slot: slotSchema, active: z.int().nullable(), shadow: z.int().nullable() })
  .openapi("SlotState");

export const armSchema = objectOf({
  arm: nameSchema,
  weight: z.number().positive().max(1_000_000).default(1),
  versionId: z.int().positive().max(2_147_483_647).optional().openapi({ description: "default: the active one" }),
  policy: policySchema.default({ kind: "greedy" }),
  request: armRequestSchema.prefault({}).openapi({ description: "fields of the request that the arm sets" }),
}).openapi("Arm");

interface PlanProblem {
  readonly path: string[];
  readonly message: string;
}

/** What a kind of experiment cannot do. */
function planProblems(plan: z.infer<typeof experimentPlanSchema>, arms: readonly z.infer<typeof armSchema>[]) {
  const { design, guardrails, segments, unit } = plan;
  const { kind } = design;
  const problems: PlanProblem[] = [];
  const isSticky = keepsArms(plan);
  if (!isSticky && guardrails.length > 0) {
    problems.push({
      path: ["plan", "guardrails"],
      message: `need users who keep an arm (ab, sequential), got ${kind}`,
    });
  }
  if ((!isSticky || unit !== "user") && segments.length > 0) {
    const message = "need users who keep an arm (ab or sequential, by user)";
    problems.push({ path: ["plan", "segments"], message });
  }
  if ((kind === "interleaving" || kind === "switchback") && arms.length !== 2) {
    problems.push({ path: ["arms"], message: `${kind} compares two arms, got ${arms.length}` });
  }
  if (kind === "interleaving" && arms.some(({ policy }) => policy.kind !== "greedy")) {
    problems.push({
      path: ["arms"],
      message: "interleaving mixes ranked lists: expected the policy greedy in both arms",
    });
  }
  if (kind === "switchback" && design.burnInMinutes >= design.blockMinutes) {
    problems.push({ path: ["plan", "design", "burnInMinutes"], message: "must be shorter than a block" });
  }
  if (kind === "switchback" && plan.group !== undefined) {
    problems.push({
      path: ["plan", "group"],
      message: "a switchback answers everybody, so that it shares no users out",
    });
  }
  if (kind === "sequential" && design.units < 200 * design.looks) {
    const message = `a look needs 100 users an arm: expected at least ${200 * design.looks} for ${design.looks} looks`;
    problems.push({ path: ["plan", "design", "units"], message });
  }
  if (kind === "bandit" && (design.context === undefined) !== (design.contexts.length === 0)) {
    problems.push({ path: ["plan", "design", "contexts"], message: "context and contexts go together" });
  }
  if (kind === "bandit" && design.context !== undefined && unit !== "user") {
    problems.push({
      path: ["plan", "design", "context"],
      message: "is an attribute of users, so the unit must be user",
    });
  }
  return problems;
}

export const experimentBodySchema = objectOf({
  experimentId: nameSchema,
  description: textSchema.max(1_000).default(""),
  plan: experimentPlanSchema.prefault({}),
  arms: z
    .array(armSchema)
    .min(2)
    .max(20)
    .refine((arms) => new Set(arms.map(({ arm }) => arm)).size === arms.length, "arms must have distinct names"),
})
  .superRefine(({ plan, arms }, context) => {
    for (const { path, message } of planProblems(plan, arms)) context.addIssue({ code: "custom", path, message });
  })
  .openapi("ExperimentBody");
export type ExperimentBody = z.infer<typeof experimentBodySchema>;

export const experimentSchema = z
  .object({
    experimentId: z.string(),
    description: z.string(),
    status: z.enum(["draft", "running", "stopped"]),
    createdAt: instantOutSchema,
    startedAt: instantOutSchema.nullable(),
    stoppedAt: instantOutSchema.nullable(),
    stopReason: z.string().openapi({ description: 'such as a guardrail; "" where someone stopped it' }),
    plan: experimentPlanSchema,
    traffic: z.number().openapi({ description: "share of the users who take part" }),
    arms: z.array(z.object({ arm: z.string(), weight: z.number(), versionId: z.int().nullable(), policy: z.string() })),
  })
  .openapi("Experiment");

export const experimentListSchema = z.object({ experiments: z.array(experimentSchema) }).openapi("ExperimentList");

export const keyBodySchema = objectOf({
  name: textSchema.min(1).max(200),
  scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length),
  expiresAt: instantSchema.optional(),
}).openapi("KeyBody");

export const newKeySchema = z
  .object({ keyId: z.string(), key: z.string().openapi({ description: "told this once; only its hash is kept" }) })
  .openapi("NewKey");

export const keyListSchema = z
  .object({
    keys: z.array(
      z.object({
        keyId: z.string(),
        name: z.string(),
        scopes: z.array(z.string()),
        createdAt: instantOutSchema,
        expiresAt: instantOutSchema.nullable(),
        revokedAt: instantOutSchema.nullable(),
        lastUsedAt: instantOutSchema.nullable(),
      }),
    ),
  })
  .openapi("KeyList");
