import { MODEL_INPUTS } from "@sequitur/recommender";
import { environmentFields, parseReportOf, runFields } from "@sequitur/workbench";
import { z } from "zod";

/** The format of report.json; a reader that does not know it stops. */
export const REPORT_FORMAT = "sequitur-report/2";

const jsonObject = z.record(z.string(), z.unknown());

const measureSchema = z.strictObject({
  mean: z.number().describe("mean over queries (and over seeds when there are several)"),
  low: z
    .number()
    .describe("lower end of the interval of the mean over queries, a user with all queries being one unit"),
  high: z.number().describe("upper end of that interval"),
});
/** A mean with its interval. */
export type Measure = z.infer<typeof measureSchema>;

const metricSchema = measureSchema.extend({
  perSeed: z.array(z.number()).describe("mean over queries of each seed, in the order of `runs`"),
  spread: z.number().nullable().describe("standard deviation over seeds; null with fewer than two"),
});
/** One metric of one model. */
export type MetricValue = z.infer<typeof metricSchema>;

const curveSchema = z.strictObject({
  task: z.string().describe("what reported, such as fit sasrec"),
  unit: z.string().describe("what a step is: epochs, steps, rows"),
  points: z.array(
    z.strictObject({
      step: z.number(),
      wallMs: z.number().describe("since the start of the fit"),
      values: z.record(z.string(), z.number()).describe("named numbers such as loss or ndcg@10"),
    }),
  ),
});
/** What a fit reported while it ran, one list of points a task. */
export type Curve = z.infer<typeof curveSchema>;

const timingsSchema = z.strictObject({
  fitSeconds: z.number(),
  scoreSeconds: z.number().describe("scoring the test queries, ranking and metrics excluded"),
  rankSeconds: z.number().describe("ranks, metrics and top lists"),
  usersPerSecond: z.number().describe("test queries scored and ranked a second"),
});

/** One fit and its scoring, as the process that did it reports. */
export const runSchema = z.strictObject({
  seed: z.number().int(),
  timings: timingsSchema,
  validation: z
    .number()
    .nullable()
    .default(null)
    .describe("mean of `tune.metric` over the validation questions; null unless the model is kept and there are some"),
  peakMemoryBytes: z.number().describe("peak resident set of the process that fitted and scored this run alone"),
  curves: z.array(curveSchema),
  chosen: jsonObject
    .default({})
    .describe("config keys that the fit chose itself, such as by validation: the saved model has them so"),
});
/** A run as the report holds it. */
export type ModelRun = z.infer<typeof runSchema>;

const trialSchema = z.strictObject({
  trial: z.number().int(),
  origin: z.enum(["default", "random"]).describe("default = the config as given, always trial 0"),
  config: jsonObject.describe("the resolved config of the trial at its last rung"),
  rungs: z.array(
    z.strictObject({
      rung: z.number().int(),
      queries: z.number().int().describe("validation queries used"),
      epochs: z.number().nullable().describe("epochs of the fit; null when the model has none"),
      value: z.number().nullable().describe("validation metric; null when the trial failed"),
      seconds: z.number(),
    }),
  ),
  error: z.string().nullable(),
});
/** One trial of a search. */
export type Trial = z.infer<typeof trialSchema>;

const tuningSchema = z.strictObject({
  metric: z.string().describe("what was maximised on the validation queries, such as ndcg@10"),
  budget: z.number().int().describe("trials allowed, equal for every model that has a search space"),
  note: z.string().nullable().describe("such as why a model had nothing to tune"),
  trials: z.array(trialSchema),
  chosen: z.number().int().describe("index of the winning trial"),
  seconds: z.number().describe("wall time of the whole search"),
});
/** The search of one model, every trial logged. */
export type Tuning = z.infer<typeof tuningSchema>;

const comparisonSchema = z.strictObject({
  metric: z.string(),
  against: z.string().describe("label of the other model"),
  difference: measureSchema.describe("this model minus the other, over the same queries"),
  pRandomisation: z
    .number()
    .describe("two-sided, Fisher's randomisation test: random signs of the paired differences of users"),
  pWilcoxon: z.number().describe("two-sided Wilcoxon signed rank"),
  pHolm: z.number().describe("Holm-corrected over all models compared, from pRandomisation"),
  unequal: z
    .array(z.enum(MODEL_INPUTS))
    .default([])
    .describe("inputs that the protocol shows one of the two and not the other: no difference is claimed then"),
  significant: z.boolean().describe("pHolm below 1 - confidence, between models that are shown the same"),
});
/** A paired comparison with another model of the same report. */
export type ModelComparison = z.infer<typeof comparisonSchema>;

const breakdownSchema = z.strictObject({
  by: z.string().describe("user activity, item popularity, user known, item known, category…"),
  groups: z.array(
    z.strictObject({
      name: z.string(),
      queries: z.number().int(),
      metrics: z.record(z.string(), measureSchema),
    }),
  ),
});
/** Metrics by group of queries. */
export type Breakdown = z.infer<typeof breakdownSchema>;

export const pooledCategorySchema = z.strictObject({
  name: z.string().describe("category of the items shown"),
  shown: z.number().int().describe("times that such items are in a list, up to the highest cut-off"),
  right: z.number().int().describe("of those, right answers"),
  averagePrecision: z.number().nullable().describe("of all of them as one ranking by score; null where none is right"),
  calibrationError: z
    .number()
    .nullable()
    .describe("mean |score - share right| over ten bins; null for no probabilities"),
});
/** What scores that are probabilities are worth within one category. */
export type PooledCategory = z.infer<typeof pooledCategorySchema>;

const modelSchema = z.strictObject({
  label: z.string().describe("unique in the report; the key of comparisons and of the per-query file"),
  name: z.string().describe("name of the recommender, or oracle"),
  role: z
    .enum(["competitor", "ceiling"])
    .describe("ceiling = knows the true choice probabilities of generated data; not a competitor"),
  config: jsonObject.describe("resolved config of the final fit"),
  reads: z
    .array(z.enum(MODEL_INPUTS))
    .nullable()
    .default(null)
    .describe("what it was shown and reads; null = unknown, as of lists of other tools"),
  error: z.string().nullable().describe("one line; then the lists and records below are empty"),
  tuning: tuningSchema.nullable().describe("null when no search was asked for"),
  runs: z.array(runSchema).describe("one a seed"),
  metrics: z.record(z.string(), metricSchema).describe("per-query metrics by name and cut-off, such as ndcg@10"),
  lists: z
    .record(z.string(), z.number())
    .describe("metrics of the top lists as a whole, such as coverage@10; mean over seeds"),
  pooled: z
    .array(pooledCategorySchema)
    .default([])
    .describe("by category, where scores are probabilities: of the first seed"),
  breakdowns: z.array(breakdownSchema),
  comparisons: z.strictObject({
    best: z.array(comparisonSchema).describe("against the best competitor by the main metric; empty for itself"),
    baseline: z.array(comparisonSchema).describe("against the baseline; empty for itself"),
  }),
});
/** Everything about one model of the report. */
export type ModelReport = z.infer<typeof modelSchema>;

const protocolSchema = z.strictObject({
  summary: z.string().describe("the whole protocol in one sentence, to be shown beside every table"),
  split: z.string().describe("kind of the split"),
  masked: z.boolean().describe("whether items seen before the query were removed from the ranking"),
  maskedBecause: z.string().describe("who decided: the config, or what auto found in the data"),
  rankedItems: z.number().int().describe("items ranked for each query: the full catalogue"),
  ties: z.string().describe("the rule for tied and NaN scores"),
  queries: z.strictObject({
    test: z.number().int(),
    testUsed: z.number().int().describe("fewer than test when maxQueries subsampled"),
    validation: z.number().int(),
    train: z.number().int().describe("training interactions"),
  }),
  leakage: z
    .strictObject({
      questions: z.number().int().describe("test queries of the split"),
      withLaterTraining: z
        .number()
        .int()
        .nullable()
        .describe("those that some training event is later than; null where the data has only an order"),
      withOwnLaterTraining: z.number().int().describe("those that a training event of their own user is later than"),
      laterShare: z.number().nullable().describe("mean share of training that is later than the query, in [0, 1]"),
    })
    .describe("what training knows of the time after the questions"),
  confidence: z.number().describe("of every interval, such as 0.95"),
  notes: z.array(z.string()).describe("loud notes: subsampling, refits, dropped data"),
});
/** How the numbers were made. */
export type Protocol = z.infer<typeof protocolSchema>;

const dataSchema = z.strictObject({
  name: z.string(),
  fingerprint: z.string().describe("of the interactions that were split, after filters"),
  sourceFingerprint: z.string().describe("of the data set as read, before filters"),
  stats: jsonObject.describe("what `sequitur data stats` prints, after filters"),
  notes: z.array(z.string()),
});

const placeSchema = z.strictObject({
  name: z.string(),
  category: z.string().describe('most specific; "" when not known'),
  latitude: z.number(),
  longitude: z.number(),
});
/** A place of the map, WGS84 degrees. */
export type MapPlace = z.infer<typeof placeSchema>;

const mapSchema = z.strictObject({
  bounds: z
    .strictObject({ south: z.number(), north: z.number(), west: z.number(), east: z.number() })
    .describe("the frame: the middle 99 % of the training check-ins by latitude and by longitude"),
  squareKm: z.number().describe("side of a square of the density, km"),
  squares: z
    .array(z.strictObject({ row: z.number().int(), column: z.number().int(), checkIns: z.number().int() }))
    .describe("training check-ins by square, from the south-west corner; empty squares are left out"),
  outside: z.number().int().describe("training check-ins outside the frame"),
  checkIns: z.number().int().describe("training check-ins at places with coordinates"),
  model: z.string().nullable().describe("label of the model whose recommendations are shown: the best"),
  examples: z
    .array(
      z.strictObject({
        checkIns: z.number().int().describe("length of the history that the query carries"),
        history: z.array(placeSchema.extend({ inTrip: z.boolean() })).describe("its newest part, oldest first"),
        recommended: z.array(placeSchema).describe("best first"),
        truth: placeSchema.describe("where the user went next"),
        rank: z.number().nullable().describe("rank that the model gave to the truth"),
      }),
    )
    .describe("test queries drawn at random, one a user"),
});
/** Check-ins and a few recommendations of a data set of places, ready to be drawn. */
export type PlaceMap = z.infer<typeof mapSchema>;

/** The schema of report.json. */
export const reportSchema = z.strictObject({
  format: z.literal(REPORT_FORMAT),
  title: z.string(),
  config: jsonObject.describe("the resolved experiment: give it back as --config to repeat the report"),
  data: dataSchema,
  protocol: protocolSchema,
  mainMetric: z.string().describe("the metric that orders the leaderboard, such as ndcg@10"),
  cutoffs: z.array(z.number().int()),
  baseline: z.string().nullable().describe("label of the model the others are compared with; null when it failed"),
  best: z.string().nullable().describe("label of the best competitor by the main metric; null when all failed"),
  models: z.array(modelSchema).describe("best first by the main metric; ceilings first, failures last"),
  map: mapSchema.nullable().default(null).describe("null for data without coordinates"),
  queriesFile: z.string().describe("per-query values beside the report, safetensors layout"),
  environment: z.strictObject({
    ...environmentFields,
    threads: z.number().int(),
    concurrency: z.number().int().describe("models run at once; above 1 the timings disturb each other"),
  }),
  ...runFields,
});
/** What one experiment found; report.json holds exactly this. */
export type Report = z.infer<typeof reportSchema>;

/** Checks what was read from a report.json; `where` names the file. `bad-data` says what is wrong. */
export function parseReport(value: unknown, where: string): Report {
  return parseReportOf(reportSchema, value, REPORT_FORMAT, where);
}
