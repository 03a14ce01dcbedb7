import { maxOf } from "@sequitur/core";
import { decimalsFor } from "@sequitur/workbench";
import type { MetricValue, ModelComparison, ModelReport, Report } from "../report.js";
import { metricParts } from "./metric-words.js";

/** How a model stands to the best one by the main metric. */
export type Standing = "best" | "tied" | "worse" | "unequal" | "unknown" | "ceiling" | "failed";

export interface MetricColumn {
  /** Such as ndcg@10. */
  readonly key: string;
  /** Decimals that suit the intervals of the whole column. */
  readonly decimals: number;
  /** Highest mean of the competitors; NaN when there is none. */
  readonly best: number;
}

export interface LeaderboardRow {
  readonly model: ModelReport;
  /** 1 for the best competitor; null for ceilings and failures. */
  readonly place: number | null;
  readonly standing: Standing;
  /** Against the baseline, by the main metric. */
  readonly baseline: ModelComparison | undefined;
  /** Main metric as a share of the ceiling's; null without a ceiling. */
  readonly shareOfCeiling: number | null;
}

/** The report as the one table that page and terminal show. */
export interface LeaderboardView {
  /** The main metric first, then the others of its cut-off, without those that only repeat an earlier column. */
  readonly columns: readonly MetricColumn[];
  /** Every metric of the report, in its own order. */
  readonly allColumns: readonly MetricColumn[];
  readonly ceilings: readonly LeaderboardRow[];
  readonly competitors: readonly LeaderboardRow[];
  readonly failures: readonly LeaderboardRow[];
  readonly hasBaseline: boolean;
  readonly hasCeiling: boolean;
}

/** Orders and marks the models of a report; rows keep the order that the report gives. */
export function leaderboardView(report: Report): LeaderboardView {
  const done = report.models.filter((model) => model.error === null);
  const ceilings = done.filter((model) => model.role === "ceiling");
  const competitors = done.filter((model) => model.role === "competitor");
  const ceiling = ceilings[0]?.metrics[report.mainMetric]?.mean;
  const row = (model: ModelReport, place: number | null, standing: Standing): LeaderboardRow => ({
    model,
    place,
    standing,
    baseline: model.comparisons.baseline.find((comparison) => comparison.metric === report.mainMetric),
    shareOfCeiling: shareOf(model.metrics[report.mainMetric], ceiling),
  });
  const allColumns = metricKeys(done).map((key) => column(key, done, competitors));
  const cutoff = metricParts(report.mainMetric).cutoff;
  const main = allColumns.filter(({ key }) => key === report.mainMetric);
  const beside = allColumns.filter(
    ({ key }) => key !== report.mainMetric && metricParts(key).cutoff === cutoff && !repeats(report, key),
  );
  return {
    columns: [...main, ...beside],
    allColumns,
    ceilings: ceilings.map((model) => row(model, null, "ceiling")),
    competitors: competitors.map((model, i) => row(model, i + 1, standingOf(model, report))),
    failures: report.models.filter((model) => model.error !== null).map((model) => row(model, null, "failed")),
    hasBaseline: competitors.some((model) => model.comparisons.baseline.length > 0),
    hasCeiling: ceiling !== undefined,
  };
}

/** Higher or lower by more than chance, perhaps by chance alone, or between models that are shown different things. */
export function comparisonMark(comparison: ModelComparison): "▲" | "▼" | "≈" | "≠" {
  if (comparison.unequal.length > 0) return "≠";
  if (!comparison.significant) return "≈";
  return comparison.difference.mean > 0 ? "▲" : "▼";
}

/** Mean of a number over the seeds of a model; NaN when it has no runs. */
export function meanOverRuns(model: ModelReport, pick: (run: ModelReport["runs"][number]) => number): number {
  const values = model.runs.map(pick);
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Highest peak of the runs, in bytes; NaN when there are none. */
export function peakMemory(model: ModelReport): number {
  return model.runs.length === 0 ? Number.NaN : maxOf(model.runs.map((run) => run.peakMemoryBytes));
}

/** Whether every model has the same mean in an earlier metric, as recall and hit rate with one answer a query. */
export function repeats(report: Report, key: string): boolean {
  const done = report.models.filter((model) => model.error === null);
  const keys = metricKeys(done);
  const earlier = keys.slice(0, keys.indexOf(key));
  return earlier.some((other) => done.every(({ metrics }) => metrics[other]?.mean === metrics[key]?.mean));
}

function metricKeys(models: readonly ModelReport[]): string[] {
  return [...new Set(models.flatMap((model) => Object.keys(model.metrics)))];
}

function column(key: string, models: readonly ModelReport[], competitors: readonly ModelReport[]): MetricColumn {
  const values = (list: readonly ModelReport[]): MetricValue[] =>
    list.flatMap((model) => (model.metrics[key] === undefined ? [] : [model.metrics[key]]));
  const means = values(competitors).map((value) => value.mean);
  const best = means.length === 0 ? Number.NaN : maxOf(means);
  return { key, decimals: decimalsFor(values(models)), best };
}

function standingOf(model: ModelReport, report: Report): Standing {
  if (model.label === report.best) return "best";
  const comparison = model.comparisons.best.find(({ metric }) => metric === report.mainMetric);
  if (comparison === undefined) return "unknown";
  if (comparison.unequal.length > 0) return "unequal";
  return comparison.significant ? "worse" : "tied";
}

function shareOf(value: MetricValue | undefined, ceiling: number | undefined): number | null {
  if (value === undefined || ceiling === undefined || ceiling <= 0) return null;
  return value.mean / ceiling;
}
