import { parseConfig, PlatformError } from "@sequitur/core";
import { behaviourSchema, worldSchema } from "@sequitur/simulator";
import { z } from "zod";

/** A list that may be written as one value, as on a command line. */
function listOf<T>(item: z.ZodType<T>) {
  return z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(item).min(1));
}

/** An object that may be written as the one string that is enough to fill it. */
function named<T>(key: string, schema: z.ZodType<T>) {
  return z.preprocess((value) => (typeof value === "string" ? { [key]: value } : value), schema);
}

const fields = z.record(z.string(), z.unknown());

const armSchema = z.strictObject({
  name: z
    .string()
    .min(1)
    .describe(
      'POLICY or POLICY:MODEL, such as popularity, greedy:slate-gru or in-slate-thompson:slate-gru; "oracle" knows the truth; "api" asks a running API',
    ),
  label: z.string().min(1).optional().describe("what reports call it, the name when absent; unique"),
  policy: fields.default({}).describe("settings of the policy, such as epsilon"),
  model: fields.default({}).describe("config of the model that the policy ranks by"),
  module: z
    .string()
    .min(1)
    .optional()
    .describe("a JavaScript file, from the working folder, that exports `slatePolicy`; absent for built-in policies"),
});
/** One arm of an experiment. */
export type ArmChoice = z.infer<typeof armSchema>;

const warmupSchema = z.strictObject({
  days: z.int().min(1).max(1_000).default(7).describe("days that the logging policy serves before the arms take over"),
  policy: named("name", armSchema)
    .prefault({ name: "epsilon-greedy:popularity", policy: { epsilon: 0.5 } })
    .describe("the logging policy; its slates and clicks are what the models of the arms are fitted on"),
});

const apiSchema = z.strictObject({
  url: z.url().optional().describe("of the running API that an arm named api asks"),
  policy: fields.optional().describe("policy of each request, such as {kind: softmax}; the API's own when absent"),
  concurrency: z.int().min(1).max(256).default(16).describe("requests at once"),
});

/** Every field of a simulated experiment, on the command line and in a config file alike. */
export const settingsSchema = z.strictObject({
  title: z.string().default("").describe("heading of the report; made from the world and the arms when empty"),
  world: named("kind", worldSchema).prefault({ kind: "city" }).describe("city or latent, with its numbers"),
  behaviour: behaviourSchema.prefault({}).describe("how people react to slates, and when that is known"),
  arms: listOf(named("name", armSchema))
    .default([
      { name: "popularity", policy: {}, model: {} },
      { name: "greedy:slate-gru", policy: {}, model: {} },
      { name: "thompson:slate-gru", policy: {}, model: {} },
      { name: "in-slate-thompson:slate-gru", policy: {}, model: {} },
    ])
    .describe("what is compared; every arm serves the same users"),
  control: z.string().optional().describe("label of the arm that others are compared with; the first when absent"),
  users: z.int().min(10).max(1_000_000).default(1_000).describe("users of each world"),
  days: z.int().min(1).max(1_000).default(30).describe("days that the arms serve, after the warm-up"),
  slate: z.int().min(1).max(100).default(10).describe("positions of a slate"),
  seeds: z.int().min(1).max(1_000).default(3).describe("worlds, each with other users, items and draws"),
  seed: z.int().min(0).default(1).describe("of the first world; the others follow"),
  warmup: warmupSchema.prefault({}).describe("the log that models are fitted on"),
  learn: z
    .enum(["day", "batch"])
    .default("day")
    .describe("when arms learn: at the start of each day, or before each batch"),
  refitDays: z
    .int()
    .min(1)
    .nullable()
    .default(1)
    .describe(
      "days between fits of models that cannot learn from single slates; null = they stay as after the warm-up",
    ),
  batchSize: z.int().min(1).max(10_000).default(256).describe("visits answered at once"),
  propensityEvery: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(16)
    .describe(
      "of so many batches, one gets its propensities where they take draws of their own, as those of Thompson arms do; 1: all",
    ),
  regret: z.boolean().default(true).describe("also work out the best slate of every visit"),
  alpha: z
    .number()
    .gt(0)
    .lt(0.5)
    .default(0.05)
    .describe("probability of a false alarm of each test; intervals have the level 1 - alpha"),
  effect: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.05)
    .describe("relative difference in clicks per slate that the power note is about"),
  concurrency: z.int().min(1).max(256).default(2).describe("processes at once"),
  threads: z.int().min(1).max(64).default(1).describe("threads of one fit"),
  api: apiSchema.prefault({}).describe("for an arm named api"),
});
/** A resolved experiment. */
export type Settings = z.infer<typeof settingsSchema>;

/** Checks settings as written and fills their defaults; `where` names the file or "command line" in errors. */
export function parseSettings(value: unknown, where: string): Settings {
  const settings = parseConfig(settingsSchema, value, where);
  const labels = new Set<string>();
  for (const arm of settings.arms) {
    const label = labelOf(arm);
    if (labels.has(label)) {
      throw new PlatformError("bad-config", `${where}: arms: labels must be distinct, got "${label}" twice.`);
    }
    labels.add(label);
  }
  const { control } = settings;
  if (control !== undefined && !labels.has(control)) {
    const expected = [...labels].join(", ");
    throw new PlatformError(
      "bad-config",
      `${where}: control must be the label of an arm (${expected}), got "${control}".`,
    );
  }
  if (settings.arms.some(({ name }) => name === "api")) checkApi(settings, where);
  return settings;
}

function checkApi({ api, seeds, arms }: Settings, where: string): void {
  if (api.url === undefined) {
    throw new PlatformError("bad-config", `${where}: an arm named api needs api.url (--api URL), got nothing.`);
  }
  const several = seeds > 1 ? `${seeds} seeds` : `${arms.filter(({ name }) => name === "api").length} arms named api`;
  if (several !== "1 arms named api") {
    throw new PlatformError(
      "bad-config",
      `${where}: one API holds one world of one arm, so seeds must be 1, got ${several}.`,
    );
  }
}

/** What reports call an arm. */
export function labelOf(arm: Pick<ArmChoice, "name" | "label">): string {
  return arm.label ?? arm.name;
}

/** The label of the arm that others are compared with. */
export function controlOf({ control, arms }: Settings): string {
  return control ?? labelOf(arms[0]!);
}
