import { Random, throwIfCancelled, type Report as Progress } from "@sequitur/core";
import { setImmediate as nextTurn } from "node:timers/promises";
import { breakdownsOf, partitionsOf } from "./breakdowns.js";
import { comparisonsWith, type InputsByLabel, type ValuesByLabel } from "./comparisons.js";
import type { Experiment } from "./experiment.js";
import { measuresOf, orElse, type ComparisonOptions, type IntervalOptions } from "./intervals.js";
import { meanOf } from "./mean-of.js";
import type { MetricNames } from "./metric-names.js";
import { placeMap } from "./place-map.js";
import type { PreparedData } from "./prepare-data.js";
import { protocolOf } from "./protocol.js";
import { QUERIES_FILE } from "./query-file.js";
import { REPORT_FORMAT, type MetricValue, type ModelComparison, type ModelReport, type Report } from "./report.js";
import type { Outcome } from "./run-contender.js";
import { seedMean } from "./seed-mean.js";
import { hasLaterHistory, shownInputs } from "./shown-inputs.js";

/** What the report needs beside the outcomes. */
export interface ReportParts {
  readonly experiment: Experiment;
  readonly data: PreparedData;
  readonly metrics: MetricNames;
  readonly environment: Report["environment"];
  readonly startedAt: string;
}

/** From outside: the usual signal and progress, and the seconds since the start. */
export interface BuildRun {
  readonly signal?: AbortSignal;
  readonly report?: Progress;
  readonly seconds: () => number;
}

/** Everything that was found, in the order of the leaderboard: ceilings, then competitors best first, then failures. */
export async function buildReport(outcomes: readonly Outcome[], parts: ReportParts, run: BuildRun): Promise<Report> {
  const { experiment, data, metrics } = parts;
  const values: ValuesByLabel = new Map(
    outcomes.filter(({ error }) => error === null).map(({ contender, pieces }) => [contender.label, seedMean(pieces)]),
  );
  const main = (label: string): number => meanOf(values.get(label)?.get(metrics.main) ?? []);
  const ordered = inOrder(outcomes, main);
  const best = ordered.find(({ contender, error }) => contender.role === "competitor" && error === null)?.contender
    .label;
  const baseline = baselineOf(experiment, values);
  const options: ComparisonOptions = {
    random: new Random(experiment.seed[0]!).fork("report"),
    confidence: experiment.confidence,
    resamples: experiment.resamples,
    users: data.test.queries.users,
  };
  const shown = inputsOf(outcomes, parts);
  const compare = (against: string | undefined): Comparisons =>
    against === undefined ? new Map() : comparisonsWith(against, values, metrics.compared, shown, options);
  const withBest = compare(best);
  const comparisons = { best: withBest, baseline: baseline === best ? withBest : compare(baseline) };
  const models = await modelReports(ordered, { ...comparisons, shown }, parts, options, run);
  return {
    format: REPORT_FORMAT,
    title: experiment.title === "" ? `${experiment.data.name}, ${experiment.split.kind}` : experiment.title,
    config: { ...experiment },
    data: {
      name: experiment.data.name,
      fingerprint: data.fingerprint,
      sourceFingerprint: data.sourceFingerprint,
      stats: { ...data.stats },
      notes: [...data.notes],
    },
    protocol: protocolOf(experiment, data),
    mainMetric: metrics.main,
    cutoffs: experiment.k,
    baseline: baseline ?? null,
    best: best ?? null,
    models,
    map: mapOf(data, outcomes, best),
    queriesFile: QUERIES_FILE,
    environment: parts.environment,
    startedAt: parts.startedAt,
    seconds: run.seconds(),
  };
}

function mapOf({ train, test, shown }: PreparedData, outcomes: readonly Outcome[], best: string | undefined) {
  const piece = outcomes.find(({ contender }) => contender.label === best)?.pieces[0];
  return placeMap({ train, test, shown, model: piece && { label: best!, piece } });
}

type Comparisons = ReadonlyMap<string, ModelComparison[]>;

async function modelReports(
  outcomes: readonly Outcome[],
  comparisons: { readonly best: Comparisons; readonly baseline: Comparisons; readonly shown: InputsByLabel },
  { experiment, data, metrics }: ReportParts,
  options: IntervalOptions,
  { signal, report }: BuildRun,
): Promise<ModelReport[]> {
  const partitions = experiment.breakdowns ? partitionsOf(data.train, data.test) : [];
  const models: ModelReport[] = [];
  for (const outcome of outcomes) {
    report?.({ task: "compare", done: models.length, total: outcomes.length, unit: "models" });
    await nextTurn();
    throwIfCancelled(signal);
    const { label } = outcome.contender;
    const groups = outcome.error === null ? partitions : [];
    models.push({
      ...modelReport(outcome, metrics, options),
      reads: comparisons.shown.get(label)?.slice() ?? null,
      breakdowns: breakdownsOf(groups, outcome.pieces, data.test, metrics.grouped, {
        ...options,
        ties: experiment.ties,
      }),
      comparisons: { best: comparisons.best.get(label) ?? [], baseline: comparisons.baseline.get(label) ?? [] },
    });
  }
  report?.({ task: "compare", done: models.length, total: outcomes.length, unit: "models" });
  return models;
}

function inOrder(outcomes: readonly Outcome[], main: (label: string) => number): Outcome[] {
  const place = ({ contender, error }: Outcome): number => (error !== null ? 2 : contender.role === "ceiling" ? 0 : 1);
  return [...outcomes].sort((a, b) => place(a) - place(b) || main(b.contender.label) - main(a.contender.label) || 0);
}

/** What each contender is shown with the config that it ran with. */
function inputsOf(outcomes: readonly Outcome[], { data, experiment }: ReportParts): InputsByLabel {
  const protocol = {
    laterHistory: hasLaterHistory(data.train, data.test.queries),
    refit: experiment.tune.refit,
  };
  return new Map(
    outcomes.map(({ contender, config }) => [contender.label, shownInputs(contender.reads(config), protocol)]),
  );
}

/** The one asked for, else popularity, else the first model; undefined when it failed. */
function baselineOf({ baseline, models }: Experiment, values: ValuesByLabel): string | undefined {
  const labels = models.map(({ label, name }) => label ?? name);
  const wanted = baseline ?? (labels.includes("popularity") ? "popularity" : labels[0]);
  return wanted !== undefined && values.has(wanted) ? wanted : undefined;
}

function modelReport(
  { contender, config, tuning, pieces, error }: Outcome,
  { all }: MetricNames,
  options: IntervalOptions,
): Omit<ModelReport, "breakdowns" | "comparisons" | "reads"> {
  const means = seedMean(pieces);
  const names = error === null ? all : [];
  const measures = measuresOf(
    names.map((name) => means.get(name)!),
    options,
  );
  return {
    label: contender.label,
    name: contender.name,
    role: contender.role,
    config: { ...config },
    error,
    tuning,
    runs: pieces.map(({ run }) => run),
    metrics: Object.fromEntries(names.map((name, i) => [name, { ...measures[i]!, ...overSeeds(name, pieces) }])),
    lists: meanLists(pieces.map(({ lists }) => lists)),
    pooled: pieces[0]?.pooled.slice() ?? [],
  };
}

function overSeeds(name: string, pieces: Outcome["pieces"]): Pick<MetricValue, "perSeed" | "spread"> {
  const perSeed = pieces.map(({ values }) => orElse(meanOf(values.get(name)!), 0));
  return { perSeed, spread: standardDeviation(perSeed) };
}

function standardDeviation(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

function meanLists(lists: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const names = Object.keys(lists[0] ?? {}).filter((name) => lists.every((list) => name in list));
  return Object.fromEntries(names.map((name) => [name, meanOf(lists.map((list) => list[name]!))]));
}
