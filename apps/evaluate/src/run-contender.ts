import { PlatformError, throwIfCancelled, type Report, maxOf } from "@sequitur/core";
import type { WorkFolder } from "@sequitur/workbench";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename } from "node:path";
import type { Contender } from "./contender.js";
import type { Experiment } from "./experiment.js";
import { meanOf } from "./mean-of.js";
import type { MeasureOptions } from "./measure-model.js";
import { readPiece, type Piece } from "./piece.js";
import type { PreparedData } from "./prepare-data.js";
import type { Tuning } from "./report.js";
import type { TaskRunner } from "./run-in-process.js";
import type { Task } from "./task.js";
import { tuneContender, type TrialRun, type TrialValue } from "./tune-contender.js";

type Config = Readonly<Record<string, unknown>>;

/** What one contender gave: its pieces, one a seed, or the reason why there are none. */
export interface Outcome {
  readonly contender: Contender;
  readonly config: Config;
  readonly tuning: Tuning | null;
  readonly pieces: readonly Piece[];
  readonly error: string | null;
  /** The file of the first seed's fit, where the experiment keeps models. */
  readonly modelFile?: string;
}

/** Everything that the runs of an experiment share. */
export interface Arena {
  readonly experiment: Experiment;
  readonly data: PreparedData;
  readonly metrics: readonly string[];
  readonly folder: WorkFolder;
  readonly runTask: TaskRunner;
  readonly threads: number;
  /** Part of every piece's key: pieces of other code are not taken up. */
  readonly code: string | null;
  readonly signal?: AbortSignal;
  readonly report?: Report;
}

/** Searches, fits and measures one contender; whatever fails in it is its own failure, but not a cancellation. */
export async function runContender(contender: Contender, arena: Arena): Promise<Outcome> {
  let config = contender.given;
  let tuning: Tuning | null = null;
  try {
    if (arena.experiment.tune.trials > 0 && contender.algorithm.kind === "recommender") {
      const tuned = await tuneContender(contender, {
        tune: arena.experiment.tune,
        seed: arena.experiment.seed[0]!,
        validationQueries: arena.data.validationQueries,
        ...(arena.signal && { signal: arena.signal }),
        measure: (trial) => measureTrial(contender, trial, arena),
      });
      // A refit validates nothing, so what the winner chose by validation is given to it.
      config = arena.data.refitFile === undefined ? tuned.config : { ...tuned.config, ...tuned.chosen };
      tuning = tuned.tuning;
    }
    const pieces: Piece[] = [];
    // Lists that are made already have no seed.
    const seeds = contender.algorithm.kind === "lists" ? arena.experiment.seed.slice(0, 1) : arena.experiment.seed;
    for (const seed of seeds) pieces.push(await finalPiece(contender, config, seed, arena));
    const modelFile = modelFileOf(contender, arena);
    return {
      contender,
      config: contender.resolve(config),
      tuning,
      pieces,
      error: null,
      ...(modelFile && { modelFile }),
    };
  } catch (error) {
    throwIfCancelled(arena.signal);
    if (error instanceof PlatformError && error.code === "cancelled") throw error;
    const message = error instanceof Error ? error.message : String(error);
    return { contender, config: contender.resolve(contender.given), tuning, pieces: [], error: message };
  }
}

/** Beside the pieces, where a resumed run finds it; undefined where no model is kept. */
function modelFileOf({ algorithm, label }: Contender, { experiment, folder }: Arena): string | undefined {
  return experiment.keepModels && algorithm.kind === "recommender" ? folder.piece({ model: label }) : undefined;
}

async function finalPiece(contender: Contender, config: Config, seed: number, arena: Arena): Promise<Piece> {
  const { data, experiment } = arena;
  const { refitFile } = data;
  const seeds = experiment.seed.length > 1 ? ` (seed ${seed})` : "";
  const isFitted = contender.algorithm.kind === "recommender";
  const modelFile = seed === experiment.seed[0] ? modelFileOf(contender, arena) : undefined;
  return pieceOf(contender, arena, {
    ...common(contender, arena),
    label: contender.label + seeds,
    config,
    seed,
    trainFile: refitFile ?? data.trainFile,
    // What the fit has seen cannot tell it when to stop.
    ...(refitFile === undefined && isFitted && validationOf(data.validationFile, arena)),
    questionsFile: data.testFile,
    ...(data.shown.length > 0 && { shown: data.shown }),
    measure: {
      ...measureOptions(arena),
      metrics: arena.metrics,
      cutoffs: experiment.k,
      listLength: maxOf([...experiment.k, experiment.keepLists ?? 0]),
      scores: experiment.scores,
      ...(experiment.value !== undefined && { value: experiment.value }),
    },
    ...(experiment.keepLists !== null && { keepLists: experiment.keepLists }),
    ...(modelFile !== undefined && { modelFile }),
  });
}

/** One trial at one rung: fitted on train, measured on some of the validation queries; test stays closed. */
async function measureTrial(contender: Contender, trial: TrialRun, arena: Arena): Promise<TrialValue> {
  const { data, experiment, folder } = arena;
  const questionsFile = await data.validationSample(trial.queries);
  const artifactFile = folder.scratch(`${encodeURIComponent(contender.label)}-trial-${trial.trial}.safetensors`);
  const { metric } = experiment.tune;
  const piece = await pieceOf(contender, arena, {
    ...common(contender, arena),
    label: `${contender.label} trial ${trial.trial}, rung ${trial.rung}`,
    config: trial.config,
    seed: experiment.seed[0]!,
    trainFile: data.trainFile,
    // A model that is kept for the next rung must be the one that a fit at that rung would give.
    ...validationOf(trial.reusable ? data.validationFile : questionsFile, arena),
    questionsFile,
    measure: { ...measureOptions(arena), metrics: [metric], cutoffs: [], listLength: 0 },
    ...(trial.reusable && (!trial.last || existsSync(artifactFile)) && { artifactFile }),
  });
  if (trial.last) await rm(artifactFile, { force: true });
  const { chosen, timings } = piece.run;
  const seconds = timings.fitSeconds + timings.scoreSeconds + timings.rankSeconds;
  return { value: meanOf(piece.values.get(metric) ?? []), chosen, seconds };
}

/** The piece of a task: the one that is there already, or that of running it now. */
async function pieceOf(contender: Contender, arena: Arena, task: Omit<Task, "pieceFile">): Promise<Piece> {
  const { data, code, folder, experiment, signal, report } = arena;
  const { threads: _threads, label: _label, artifactFile: _artifact, modelFile, ...rest } = task;
  const key = {
    ...rest,
    // Folders may move between the runs; what the files hold is told by the fingerprint and the protocol.
    trainFile: basename(task.trainFile),
    questionsFile: basename(task.questionsFile),
    ...(task.validation && { validation: { ...task.validation, file: basename(task.validation.file) } }),
    module: contender.moduleDigest,
    keepModel: modelFile !== undefined,
    data: data.fingerprint,
    split: experiment.split,
    maxQueries: experiment.maxQueries,
    questionSeed: experiment.seed[0],
    code,
  };
  const pieceFile = folder.piece(key);
  const checkpointDir = folder.checkpoints(key);
  const known = await readPiece(pieceFile);
  if (known !== undefined) return known;
  const { processMb } = experiment.memory;
  await arena.runTask(
    // Trials are short; only the fit that counts is worth its checkpoints.
    { ...task, pieceFile, ...(task.measure.listLength > 0 && { checkpointDir }) },
    {
      ...(signal && { signal }),
      ...(report && { report }),
      ...(processMb !== null && { memoryBytes: processMb * 2 ** 20 }),
    },
  );
  await rm(checkpointDir, { recursive: true, force: true });
  const piece = await readPiece(pieceFile);
  if (piece === undefined) throw new PlatformError("unavailable", "the process ended without a readable result.");
  return piece;
}

function common(
  { algorithm, without }: Contender,
  { threads }: Arena,
): Pick<Task, "algorithm" | "threads" | "without"> {
  return { algorithm, threads, ...(without.length > 0 && { without }) };
}

function measureOptions({
  experiment,
  data,
}: Arena): Pick<MeasureOptions, "masked" | "withoutNegatives" | "scoreBytes" | "ties"> {
  return {
    masked: data.mask.masked,
    withoutNegatives: experiment.negatives === "exclude",
    scoreBytes: experiment.memory.scoreMb * 2 ** 20,
    ties: experiment.ties,
  };
}

/** Early stopping watches the metric that a search maximises, NDCG@10 by default, as the contract of fit says. */
function validationOf(file: string, { experiment, data }: Arena): Pick<Task, "validation"> {
  if (data.validationQueries === 0) return {};
  return { validation: { file, metric: experiment.tune.metric } };
}
