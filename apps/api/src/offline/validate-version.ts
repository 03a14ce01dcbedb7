import { isDeepStrictEqual } from "node:util";
import {
  parseConfig,
  PlatformError,
  positiveRows,
  Random,
  sliceQueries,
  sliceRagged,
  standingNegatives,
  type Interactions,
} from "@sequitur/core";
import { splitInteractions, type EvaluationSet } from "@sequitur/data";
import { comparePaired, meanInterval, rankingMetrics, targetRanks } from "@sequitur/metrics";
import type { FitRun, Model, Recommender } from "@sequitur/recommender";
import type { ModelVersion } from "@sequitur/store";

/** What the gate reads. */
export const GATE_METRIC = "ndcg@10";
const METRICS = [GATE_METRIC, "recall@10", "mrr@10"];
/** Newest interactions that are asked at most, to stop and choose by and again to measure on. */
const MOST_ASKED = 5_000;
/** Queries that are scored at once. */
const BLOCK = 256;
/** Below this many users a difference decides nothing. */
const FEWEST_USERS = 50;

/** A mean with its 95 % interval; null where it is undefined. */
export interface Measure {
  readonly mean: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** One model on the held-out questions, fitted on what came before them. */
export interface ValidationRow {
  readonly role: "this version" | "active version" | "popularity";
  readonly model: string;
  readonly versionId: number | null;
  readonly measures: Readonly<Record<string, Measure>>;
  /** This version less this model in NDCG@10, question by question; null for this version itself. */
  readonly lead: (Measure & { readonly pValue: number }) | null;
}

/** How a version did on questions that its fit had not seen. */
export interface Validation {
  readonly questions: number;
  readonly users: number;
  /** Instant from which the questions are; every row was fitted on what is older than its validation part. */
  readonly testFrom: string;
  readonly rows: readonly ValidationRow[];
  /** What it is worse than beyond chance; empty when nothing is. */
  readonly worseThan: readonly string[];
}

export interface ValidationPlan {
  readonly train: Interactions;
  readonly recommender: Recommender;
  readonly config: unknown;
  /** What answers in the slot now, if anything does. */
  readonly active: ModelVersion | undefined;
  readonly seed: number;
  /** Finds a recommender by name. */
  readonly load: (name: string) => Promise<Recommender>;
  readonly run: Omit<FitRun, "random" | "validate">;
}

/** The config with what the fit chose on validation, and the table; undefined where the log is too small to hold out. */
export async function validateVersion(
  plan: ValidationPlan,
): Promise<{ readonly config: unknown; readonly validation: Validation } | undefined> {
  const { recommender, config, active } = plan;
  const parts = heldOut(plan.train);
  if (parts === undefined) return undefined;
  const fit = async (other: Recommender, settings: unknown): Promise<Fitted> => measured(plan, parts, other, settings);
  const own = await fit(recommender, config);
  const others: (Omit<ValidationRow, "measures" | "lead"> & Fitted)[] = [];
  if (recommender.name !== "popularity") {
    const popularity = await plan.load("popularity");
    const found = await fit(popularity, parseConfig(popularity.config, {}, "config of popularity"));
    others.push({ role: "popularity", model: "popularity", versionId: null, ...found });
  }
  if (active !== undefined) {
    const { model, versionId } = active;
    const same = model === recommender.name && isDeepStrictEqual(active.config, JSON.parse(JSON.stringify(own.config)));
    const found = same ? own : await fit(await plan.load(model), active.config);
    others.push({ role: "active version", model, versionId, ...found });
  }
  const { users } = parts.test.queries;
  const row = (name: string, values: Values): Measure =>
    measureOf(meanInterval(values.get(name)!, { clusters: users }));
  const rows = [{ role: "this version" as const, model: recommender.name, versionId: null, ...own }, ...others].map(
    ({ role, model, versionId, values }): ValidationRow => ({
      role,
      model,
      versionId,
      measures: Object.fromEntries(METRICS.map((name) => [name, row(name, values)])),
      lead: role === "this version" ? null : leadOf(own.values, values, users, plan.seed),
    }),
  );
  const distinct = new Set(users).size;
  const worse = rows.filter(({ lead }) => lead !== null && lead.high !== null && lead.high < 0 && lead.pValue < 0.05);
  return {
    config: own.config,
    validation: {
      questions: parts.test.queries.size,
      users: distinct,
      testFrom: parts.testFrom,
      rows,
      worseThan: distinct < FEWEST_USERS ? [] : worse.map(nameOf),
    },
  };
}

function nameOf({ role, model, versionId }: ValidationRow): string {
  return role === "active version" ? `the active version ${versionId} (${model})` : model;
}

type Values = ReadonlyMap<string, Float64Array>;

interface Fitted {
  readonly values: Values;
  /** With what the fit chose itself. */
  readonly config: unknown;
}

interface HeldOut {
  readonly part: Interactions;
  readonly validation: EvaluationSet;
  readonly test: EvaluationSet;
  readonly testFrom: string;
}

/** Of the positives the newest tenth to measure on and the tenth before it to choose by, of large logs the newest rows. */
function heldOut(train: Interactions): HeldOut | undefined {
  const wanted = positiveRows(train);
  const share = Math.min(0.1, MOST_ASKED / wanted.size);
  const sorted = wanted.times.slice().sort();
  const at = (quantile: number): number => sorted[Math.floor(quantile * sorted.length)]!;
  if (wanted.size < 20) return undefined;
  const [validationFrom, testFrom] = [at(1 - 2 * share), at(1 - share)].map((time) => new Date(time).toISOString());
  if (validationFrom === testFrom) return undefined;
  const cuts = { validationFrom: validationFrom!, testFrom: testFrom! };
  const split = splitInteractions(train, { ...TEMPORAL, ...cuts });
  if (split.train.size === 0 || split.test.queries.size === 0) return undefined;
  return { part: split.train, validation: split.validation, test: split.test, testFrom: testFrom! };
}

/** As the evaluation cuts in time, with its defaults. */
const TEMPORAL = { kind: "temporal", ask: "each", cold: "keep", maxHistory: 200 } as const;

async function measured(
  plan: ValidationPlan,
  { part, validation, test }: HeldOut,
  recommender: Recommender,
  given: unknown,
): Promise<Fitted> {
  const config = parseConfig(recommender.config, given, `config of ${recommender.name}`);
  const watched = validation.queries.size > 0;
  const validate = async (model: Model): Promise<number> => meanOf(valuesOf(model, validation).get(GATE_METRIC)!);
  const random = new Random(plan.seed).fork(recommender.name);
  const model = await recommender.fit(part, config, { ...plan.run, random, ...(watched && { validate }) });
  const found = { values: valuesOf(model, test), config: model.save().config };
  model.release?.();
  return found;
}

/** Metric -> (Q) its value for each question, every item ranked. */
function valuesOf(model: Model, { queries, targets }: EvaluationSet): Values {
  const columns = model.catalog.items.size;
  const values = new Map(METRICS.map((name) => [name, new Float64Array(queries.size)]));
  for (let from = 0; from < queries.size; from += BLOCK) {
    const to = Math.min(queries.size, from + BLOCK);
    const scores = model.score(sliceQueries(queries, from, to));
    if (scores.length !== (to - from) * columns) {
      throw new PlatformError("bad-data", `${model.name} must score ${to - from} x ${columns}, got ${scores.length}.`);
    }
    const answers = sliceRagged(targets, from, to);
    // What a user does not want is not shown to them, so it takes no place here either.
    const ranks = targetRanks(scores, columns, answers, standingNegatives(sliceQueries(queries, from, to)));
    const found = rankingMetrics(ranks, answers, { metrics: METRICS, cutoffs: [] });
    for (const name of METRICS) values.get(name)!.set(found.get(name)!, from);
  }
  return values;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function leadOf(own: Values, other: Values, users: Int32Array, seed: number): ValidationRow["lead"] {
  const options = { random: new Random(seed).fork("gate"), clusters: users };
  const { paired } = comparePaired(own.get(GATE_METRIC)!, other.get(GATE_METRIC)!, options);
  return { ...measureOf({ mean: paired.difference, low: paired.low, high: paired.high }), pValue: paired.pValue };
}

function measureOf({ mean, low, high }: { mean: number; low: number; high: number }): Measure {
  const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return { mean: orNull(mean), low: orNull(low), high: orNull(high) };
}
