import {
  parseConfig,
  listOf,
  PlatformError,
  Random,
  throwIfCancelled,
  type Interactions,
  type Ranking,
  type Report,
} from "@sequitur/core";
import type { EvaluationSet } from "@sequitur/data";
import { readArtifact, writeArtifact, type Model, type Recommender } from "@sequitur/recommender";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { CurveRecorder } from "./curve-recorder.js";
import { listsOf } from "./lists-in.js";
import { listValues, pooledByCategory } from "./list-values.js";
import { loadAlgorithm, type LoadAlgorithm } from "./load-algorithm.js";
import { meanOf } from "./mean-of.js";
import { measureLists, measureModel, type Measured } from "./measure-model.js";
import { oracleModel } from "./oracle-model.js";
import { writePiece } from "./piece.js";
import { SHOWN_ITEMS } from "./place-map.js";
import { questionsShown, trainShown } from "./shown-signals.js";
import type { Task } from "./task.js";
import { readTrain } from "./train-file.js";

/** From outside: a monotonic clock in ms, and the usual signal and progress. */
export interface TaskRun {
  readonly clock: () => number;
  /** Finds the recommender; a built-in one or that of a module when absent. */
  readonly load?: LoadAlgorithm;
  readonly signal?: AbortSignal;
  readonly report?: Report;
}

/** Fits one model, or takes the lists of one, measures it and writes the piece. */
export async function runTask(task: Task, run: TaskRun): Promise<void> {
  const curves = new CurveRecorder(run.clock);
  const train = trainShown(await readTrain(task.trainFile), task);
  const { measured, questions, chosen, fitSeconds, validation } = await measuredTask(task, train, run, curves);
  const isFinal = task.measure.listLength > 0;
  const scoreSeconds = measured.scoreMs / 1000;
  const rankSeconds = measured.rankMs / 1000;
  await writePiece(task.pieceFile, {
    run: {
      seed: task.seed,
      timings: {
        fitSeconds,
        scoreSeconds,
        rankSeconds,
        usersPerSecond: questions.queries.size / Math.max(scoreSeconds + rankSeconds, 1e-6),
      },
      validation,
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
      curves: curves.all(),
      chosen,
    },
    lists: isFinal ? listValues(measured, train, questions, task) : {},
    pooled: isFinal ? pooledByCategory(measured, train, questions, task.measure) : [],
    shown: (task.shown ?? []).map((row) => Array.from(listOf(measured.lists, row).subarray(0, SHOWN_ITEMS))),
    values: measured.values,
    ranks: measured.ranks,
    ...(task.keepLists !== undefined && { kept: firstOf(measured.lists, task.keepLists) }),
  });
}

interface MeasuredTask {
  readonly measured: Measured;
  readonly questions: EvaluationSet;
  readonly chosen: Record<string, unknown>;
  readonly fitSeconds: number;
  /** Mean over the validation questions; null where nobody asks. */
  readonly validation: number | null;
}

/** Fits and measures, or measures lists that are made already. The questions are read only when the fit is over. */
async function measuredTask(
  task: Task,
  train: Interactions,
  run: TaskRun,
  curves: CurveRecorder,
): Promise<MeasuredTask> {
  const measuring = { ...run, task: `score ${task.label}` };
  if (task.algorithm.kind === "lists") {
    const questions = await questionsShown(task.questionsFile, task);
    const { ranking, missing } = await listsOf(task.algorithm.source, questions, train.catalog);
    const of = { name: task.label, catalog: train.catalog };
    const measured = await measureLists(ranking, of, questions, task.measure, measuring);
    const chosen = missing === 0 ? {} : { questionsWithoutList: missing };
    return { measured, questions, chosen, fitSeconds: 0, validation: null };
  }
  const started = run.clock();
  const { model, chosen } = await modelOf(task, train, run, curves);
  const fitSeconds = (run.clock() - started) / 1000;
  throwIfCancelled(run.signal);
  if (model.catalog.items.size !== train.catalog.items.size) {
    throw new PlatformError(
      "bad-data",
      `${task.label} must keep the catalogue of ${train.catalog.items.size} items, got one of ${model.catalog.items.size}.`,
    );
  }
  const validation = task.modelFile === undefined ? null : await keptValue(model, task.modelFile, task, run);
  const questions = await questionsShown(task.questionsFile, task);
  const measured = await measureModel(model, questions, task.measure, measuring);
  return { measured, questions, chosen, fitSeconds, validation };
}

/** Writes the model to its file and gives what it is worth on validation, by which one may choose what to serve. */
async function keptValue(model: Model, file: string, task: Task, run: TaskRun): Promise<number | null> {
  await writeArtifact(file, model.save());
  const { validation } = task;
  if (validation === undefined) return null;
  return validationValue(model, await questionsShown(validation.file, task), validation.metric, task, run);
}

/** The first `most` items of each list. */
function firstOf({ offsets, items, scores }: Ranking, most: number): Ranking {
  const cut = new Int32Array(offsets.length);
  for (let row = 1; row < offsets.length; row++) {
    cut[row] = cut[row - 1]! + Math.min(most, offsets[row]! - offsets[row - 1]!);
  }
  const kept = { offsets: cut, items: new Int32Array(cut.at(-1)!), scores: new Float32Array(cut.at(-1)!) };
  for (let row = 1; row < offsets.length; row++) {
    const [from, to] = [offsets[row - 1]!, offsets[row - 1]! + cut[row]! - cut[row - 1]!];
    kept.items.set(items.subarray(from, to), cut[row - 1]);
    kept.scores.set(scores.subarray(from, to), cut[row - 1]);
  }
  return kept;
}

/** A model, and the config keys that its fit chose. */
interface Fitted {
  readonly model: Model;
  readonly chosen: Record<string, unknown>;
}

async function modelOf(task: Task, train: Interactions, run: TaskRun, curves: CurveRecorder): Promise<Fitted> {
  const { algorithm, artifactFile } = task;
  if (algorithm.kind === "lists") throw new PlatformError("bad-config", "lists that are made already have no model.");
  if (algorithm.kind === "oracle") return { model: await oracleModel(algorithm.city, train, run), chosen: {} };
  const recommender = await (run.load ?? loadAlgorithm)(algorithm.name, algorithm.module);
  const config = parseConfig(recommender.config, task.config, `config of ${task.label}`);
  const kept = artifactFile !== undefined && existsSync(artifactFile);
  const model = kept
    ? recommender.load(await readArtifact(artifactFile))
    : await fit(recommender, config, task, train, run, curves);
  const saved = model.save();
  if (artifactFile !== undefined && !kept) await writeArtifact(artifactFile, saved);
  return { model, chosen: chosenKeys(config, saved.config) };
}

/** What stands in a saved config otherwise than in the one that was given. */
function chosenKeys(given: unknown, saved: unknown): Record<string, unknown> {
  const before = given as Readonly<Record<string, unknown>>;
  const isChosen = ([key, value]: [string, unknown]): boolean => JSON.stringify(value) !== JSON.stringify(before[key]);
  return Object.fromEntries(Object.entries(saved as object).filter(isChosen));
}

async function fit<Config>(
  recommender: Recommender<Config>,
  config: Config,
  task: Task,
  train: Interactions,
  run: TaskRun,
  curves: CurveRecorder,
): Promise<Model> {
  const { validation, checkpointDir } = task;
  if (checkpointDir !== undefined) await mkdir(checkpointDir, { recursive: true });
  const questions = validation && (await questionsShown(validation.file, task));
  return recommender.fit(train, config, {
    random: new Random(task.seed).fork("fit"),
    threads: task.threads,
    ...(run.signal && { signal: run.signal }),
    ...(checkpointDir !== undefined && { checkpointDir }),
    report: (progress) => {
      curves.record(progress);
      run.report?.({
        ...progress,
        task: progress.task.includes(task.label) ? progress.task : `${task.label}: ${progress.task}`,
      });
    },
    ...(validation &&
      questions && {
        validate: (model: Model) => validationValue(model, questions, validation.metric, task, run),
      }),
  });
}

async function validationValue(
  model: Model,
  questions: EvaluationSet,
  metric: string,
  task: Task,
  { clock, signal }: TaskRun,
): Promise<number> {
  const options = { ...task.measure, metrics: [metric], cutoffs: [], listLength: 0 };
  const measured = await measureModel(model, questions, options, { clock, task: "", ...(signal && { signal }) });
  return meanOf(measured.values.get(metric) ?? []);
}
