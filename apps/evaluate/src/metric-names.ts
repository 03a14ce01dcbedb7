import { PlatformError } from "@sequitur/core";
import { expandMetrics, parseMetric } from "@sequitur/metrics";
import type { Experiment } from "./experiment.js";

/** The per-query metrics of a report, and which of them play a part. */
export interface MetricNames {
  readonly all: readonly string[];
  /** Orders the leaderboard. */
  readonly main: string;
  /** Those compared between models: all at the cut-off of the main one. */
  readonly compared: readonly string[];
  /** Those broken down by group: the main one, and recall or hit beside it. */
  readonly grouped: readonly string[];
}

/** Expands and checks the metrics of an experiment; an unknown one is `bad-config`. */
export function metricNames({ metrics, k, metric, tune }: Experiment): MetricNames {
  const all = expandMetrics(metrics, k).map(({ name }) => name);
  parseMetric(tune.metric);
  const main =
    metric ?? ["ndcg@10", ...all.filter((name) => name.startsWith("ndcg"))].find((name) => all.includes(name));
  const ordering = main ?? all[0]!;
  if (!all.includes(ordering)) {
    throw new PlatformError("bad-config", `metric must be one of ${all.join(", ")}, got "${ordering}".`);
  }
  const atCutoff = all.filter((name) => cutoffOf(name) === cutoffOf(ordering));
  const cutoff = cutoffOf(ordering);
  const grouped = new Set([
    ordering,
    ...[`recall@${cutoff}`, `hit@${cutoff}`].filter((name) => all.includes(name)).slice(0, 1),
  ]);
  return { all, main: ordering, compared: atCutoff, grouped: [...grouped].filter((name) => name !== "auc") };
}

/** What stands behind the @; "" without a cut-off. */
function cutoffOf(name: string): string {
  const at = name.indexOf("@");
  return at < 0 ? "" : name.slice(at + 1);
}
