import { loadRecommender } from "@sequitur/builtin";
import type { Progress } from "@sequitur/core";
import {
  evaluate as runExperiment,
  leaderboardText,
  parseExperiment,
  runHere,
  runInProcess,
  type Report,
  type TaskRunner,
} from "@sequitur/evaluate";
import type { Recommender } from "@sequitur/recommender";
import { inFolder } from "./in-folder.js";
import type { Table } from "./read-table.js";
import type { Protocol } from "./split.js";

/** A model to compare: a built-in name, one with its config, or a recommender of your own. */
export type ModelEntry =
  | string
  | Recommender
  | { readonly name: string; readonly label?: string; readonly config?: Readonly<Record<string, unknown>> };

export interface EvaluateOptions {
  readonly models: readonly ModelEntry[];
  /** How to cut the data (default "leave-one-out"). */
  readonly split?: Protocol;
  /** Metrics and cut-offs (default ndcg, recall, hit, precision, mrr and map at 5, 10 and 20). */
  readonly metrics?: readonly string[];
  readonly k?: readonly number[];
  /** Keep report.json, report.html and queries.safetensors in this folder; nothing is kept when absent. */
  readonly out?: string;
  /** Any other field of an experiment file, such as { tune: { trials: 20 } }. */
  readonly more?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
  readonly report?: (progress: Progress) => void;
}

/** The report of a comparison, and the table that the program prints. */
export interface Evaluation extends Report {
  text(columns?: number): string;
}

/**
 * Compares models on a table that is in memory: every item is ranked for every test question, with intervals and
 * corrected tests. Built-in models run in child processes, recommenders of your own in this one.
 */
export async function evaluate(table: Table, options: EvaluateOptions): Promise<Evaluation> {
  const { models, out, more, signal, report: progress, ...fields } = options;
  const own = new Map(models.filter(isRecommender).map((recommender) => [recommender.name, recommender]));
  const names = models.map((model) => (isRecommender(model) ? model.name : model));
  const written = { ...more, ...fields, models: names, data: { name: table.name } };
  const experiment = parseExperiment(written, "evaluate", [...own.keys()]);
  const here = runHere(async (name) => own.get(name) ?? loadRecommender(name));
  const runTask: TaskRunner = (task, run) =>
    task.algorithm.kind === "recommender" && own.has(task.algorithm.name) ? here(task, run) : runInProcess(task, run);
  const report = await inFolder(out, (folder) =>
    runExperiment(
      experiment,
      { out: folder, ...(signal && { signal }), ...(progress && { report: progress }) },
      {
        openData: async () => table,
        runTask,
        load: async (name) => own.get(name) ?? loadRecommender(name),
      },
    ),
  );
  return { ...report, text: (columns = 100) => leaderboardText(report, { columns, color: false }) };
}

function isRecommender(model: ModelEntry): model is Recommender {
  return typeof model === "object" && "fit" in model;
}
