import { baselineNames, noSuchModel, recommenderNames } from "@sequitur/builtin";
import { parseConfig, PlatformError } from "@sequitur/core";
import { cityConfigSchema, filterConfigSchema, signalsField, splitConfigSchema } from "@sequitur/data";
import { TIE_RULES } from "@sequitur/metrics";
import { LIST_FORMATS } from "./lists-out.js";
import { SCORE_MEANINGS } from "./measure-model.js";
import { z } from "zod";

/** A list that may be written as one value, as on a command line. */
function listOf<T>(item: z.ZodType<T>) {
  return z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(item).min(1));
}

/** An object that may be written as the one string that is enough to fill it. */
function named<T>(key: string, schema: z.ZodType<T>) {
  return z.preprocess((value) => (typeof value === "string" ? { [key]: value } : value), schema);
}

const dataSchema = z.strictObject({
  name: z.string().min(1).default("city").describe("a data set of `sequitur data list`; city is generated"),
  from: z.string().min(1).optional().describe("folder of a local copy of the raw files, in place of a download"),
  datasetsDir: z.string().min(1).default("datasets").describe("where data sets are kept, one folder each"),
  city: cityConfigSchema.optional().describe("options of the generator, only for city"),
});

const modelSchema = z.strictObject({
  name: z.string().min(1).describe("name of the recommender"),
  label: z.string().min(1).optional().describe("what reports call it, the name when absent; unique"),
  config: z.record(z.string(), z.unknown()).default({}).describe("fields of the recommender's config"),
  without: z
    .array(z.enum(["negative", "exposure", "value"]))
    .default([])
    .describe(
      "what this one is not shown in training and histories, to measure its worth: events of a role, or the values of events",
    ),
  module: z
    .string()
    .min(1)
    .optional()
    .describe(
      "a JavaScript file, from the working folder, that exports the recommender of this name; absent for built-in ones",
    ),
});
/** One model of an experiment. */
export type ModelChoice = z.infer<typeof modelSchema>;

const runSchema = z.strictObject({
  file: z
    .string()
    .min(1)
    .describe("recommendation lists of any tool: a TREC run, or a table with query or user, item, score or rank"),
  label: z.string().min(1).optional().describe("what reports call it; else the run's own name, else the file's"),
  keys: z
    .enum(["auto", "query", "user"])
    .default("auto")
    .describe(
      "whose lists they are: of a question by its number, or of a user; auto = as the header says, TREC: query",
    ),
});
/** Lists of another tool that are judged beside the models. */
export type RunChoice = z.infer<typeof runSchema>;

const tuneSchema = z.strictObject({
  trials: z.int().min(0).default(0).describe("configs tried for each model, the given one included; 0 = no search"),
  metric: z.string().default("ndcg@10").describe("per-query metric whose mean over validation queries is maximised"),
  eta: z.int().min(2).default(3).describe("one in eta trials goes on to the next rung, which costs eta times as much"),
  rungs: z
    .int()
    .min(1)
    .default(3)
    .describe("rungs of successive halving at most; the last uses all queries and epochs"),
  minQueries: z.int().min(1).default(1000).describe("validation queries that a rung uses at least"),
  refit: z.boolean().default(false).describe("fit the winner on train and validation together before the test"),
});
/** How hyper-parameters are searched. */
export type TuneConfig = z.infer<typeof tuneSchema>;

const memorySchema = z.strictObject({
  scoreMb: z.number().positive().default(64).describe("MiB for one block of scores, queries x items x 4 bytes"),
  processMb: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe("MiB that the process of one model may hold; above it the model fails; null = no limit"),
});

/** Every field of an experiment, on the command line and in a config file alike. */
export const experimentSchema = z.strictObject({
  title: z.string().default("").describe("heading of the report; made from the data and the split when empty"),
  data: named("name", dataSchema).prefault({}).describe("what to read"),
  signals: signalsField.optional().describe("what events say: kind -> role and value; absent: as the data set says"),
  filters: z.array(filterConfigSchema).default([]).describe("applied in order before the split"),
  split: named("kind", splitConfigSchema)
    .prefault({ kind: "leave-one-out" })
    .describe("what is trained on and what is asked"),
  targets: z
    .strictObject({
      kinds: listOf(z.string().min(1)).describe("kinds of events whose items are right answers, such as purchase"),
    })
    .optional()
    .describe("what counts as a right answer; questions without one are not asked; absent: every positive"),
  models: listOf(named("name", modelSchema))
    .prefault(() => [...baselineNames])
    .describe("recommenders to compare; all built-in baselines when absent"),
  runs: z
    .preprocess(
      (value) => (Array.isArray(value) || value === undefined ? value : [value]),
      z.array(named("file", runSchema)),
    )
    .default([])
    .describe("files of recommendation lists to judge beside the models"),
  omitted: z
    .record(z.string().min(1), z.string().min(1))
    .default({})
    .describe("simple baseline that does not take part -> why; a note of the report says it"),
  k: listOf(z.int().min(1)).default([5, 10, 20]).describe("cut-offs"),
  metrics: listOf(z.string().min(1))
    .default(["ndcg", "recall", "hit", "precision", "mrr", "map"])
    .describe("metrics of one query: a name at every cut-off, or one at its own such as ndcg@100"),
  metric: z.string().optional().describe("orders the leaderboard; ndcg@10 when 10 is a cut-off"),
  exclude: z
    .enum(["auto", "seen", "nothing"])
    .default("auto")
    .describe("items removed from each ranking; auto = seen, unless users come back to items in this data"),
  ties: z
    .enum(TIE_RULES)
    .default("expected")
    .describe("equal scores: expected = mean over all orders of the tied items; mid-rank = all at their mean place"),
  scores: z
    .enum(SCORE_MEANINGS)
    .default("order")
    .describe(
      "what scores mean: an order alone; rating = predicted ratings, adds rmse and mae against the weights of the answers; " +
        "probability = adds pooled average precision and calibration error, also by category",
    ),
  value: z
    .string()
    .min(1)
    .optional()
    .describe(
      "numeric attribute of items, such as price: adds value@k, its sum over the right items among the first k",
    ),
  negatives: z
    .enum(["exclude", "rank"])
    .default("exclude")
    .describe("items with a standing negative of the user: removed from the ranking, as when serving, or ranked"),
  baseline: z.string().optional().describe("label that others are compared with; popularity when it takes part"),
  oracle: z.boolean().default(false).describe("city only: add the true choice model as the ceiling"),
  seed: listOf(z.int().min(0)).default([1]).describe("one fit of each model for every seed; the mean is reported"),
  tune: tuneSchema.prefault({}).describe("hyper-parameter search"),
  maxQueries: z.int().min(1).nullable().default(null).describe("test queries, drawn at random; null = all"),
  threads: z.int().min(1).nullable().default(null).describe("threads of one fit; null = cores / concurrency"),
  concurrency: z.int().min(1).default(1).describe("models at once; above 1 the timings disturb each other"),
  memory: memorySchema.prefault({}).describe("limits"),
  confidence: z.number().gt(0.5).lt(1).default(0.95).describe("of the intervals"),
  resamples: z.int().min(100).default(1000).describe("random sign patterns of a paired test"),
  keepLists: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe("write each model's first so many items of every list; null = none"),
  listFormats: listOf(z.enum(LIST_FORMATS))
    .default(["csv", "trec"])
    .describe(
      "csv, parquet: all lists in one table, lists.csv or lists.parquet; trec: a run file a model, and qrels.txt",
    ),
  keepModels: z
    .boolean()
    .default(false)
    .describe("write each model's fit of the first seed to models/LABEL.safetensors beside the report"),
  breakdowns: z.boolean().default(true).describe("also report groups of queries by user and item"),
});
/** A resolved experiment. */
export type Experiment = z.infer<typeof experimentSchema>;

/**
 * Checks an experiment as written and fills its defaults; `where` names the file or "command line" in errors. Models may
 * have a built-in name, that of a module, or one of `own`.
 */
export function parseExperiment(value: unknown, where: string, own: readonly string[] = []): Experiment {
  const experiment = parseConfig(experimentSchema, value, where);
  const labels = new Set<string>();
  for (const model of experiment.models) {
    const label = labelOf(model);
    if (model.module === undefined && ![...recommenderNames, ...own].includes(model.name)) {
      throw new PlatformError("bad-config", `${where}: ${noSuchModel(model.name)}`);
    }
    if (labels.has(label) || (experiment.oracle && label === "oracle")) {
      throw new PlatformError("bad-config", `${where}: models: labels must be distinct, got "${label}" twice.`);
    }
    labels.add(label);
  }
  const { baseline } = experiment;
  if (baseline !== undefined && !labels.has(baseline)) {
    throw new PlatformError(
      "bad-config",
      `${where}: baseline must be the label of a model (${[...labels].join(", ")}), got "${baseline}".`,
    );
  }
  return { ...experiment, data: resolveData(experiment, where) };
}

/** Writes out the generator's defaults, and refuses what only a generated city can give. */
function resolveData({ data, oracle }: Experiment, where: string): Experiment["data"] {
  if (data.name === "city") return { ...data, city: data.city ?? cityConfigSchema.parse({}) };
  const only = oracle ? "oracle" : data.city === undefined ? undefined : "data.city";
  if (only === undefined) return data;
  throw new PlatformError("bad-config", `${where}: ${only} needs the data set city, got "${data.name}".`);
}

/** What reports call a model. */
export function labelOf(model: ModelChoice): string {
  return model.label ?? model.name;
}
