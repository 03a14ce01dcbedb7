import { loadRecommender, parseSlatePolicy } from "@sequitur/builtin";
import { PlatformError, throwIfCancelled, type Report as ReportProgress } from "@sequitur/core";
import { probeFolder, writeTogether } from "@sequitur/core/files";
import {
  childFile,
  codeVersion,
  digestOf,
  machineText,
  openWorkFolder,
  runChild,
  runPool,
  type ChildRun,
  type WorkFolder,
} from "@sequitur/workbench";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { buildReport, type Outcome } from "./build-report.js";
import { readPiece, type Piece } from "./piece.js";
import { reportPage } from "./report-page/report-page.js";
import type { Report } from "./report.js";
import type { ArmChoice, Settings } from "./settings.js";
import type { Task } from "./task.js";

/** What an experiment gets from outside. */
export interface SimulateIo {
  /** Folder of report.json and report.html; made when missing. */
  readonly out: string;
  /** Go on from the finished pieces that an interrupted run of the same settings left in `out`. */
  readonly resume?: boolean;
  /** Of the running API that an arm named api asks; never written anywhere. */
  readonly apiKey?: string;
  /** Aborting stops the child processes and leaves the finished pieces for `resume`. */
  readonly signal?: AbortSignal;
  readonly report?: ReportProgress;
  /** ms since the epoch; only for `startedAt`. */
  readonly now?: () => number;
}

/** Runs a task; resolves when its file is on disk. */
export type TaskRunner = (task: Task, run: ChildRun) => Promise<void>;

/** Each task in a process of its own: a crash is its arm's failure alone. */
export const runInProcess: TaskRunner = (task, run) => runChild(childFile(import.meta.url, "child"), task, run);

interface Arena {
  readonly settings: Settings;
  readonly seeds: readonly number[];
  readonly folder: WorkFolder;
  readonly runTask: TaskRunner;
  readonly code: string | null;
  readonly io: SimulateIo;
}

/**
 * One simulated experiment: the warm-up log of each world, the models of the arms fitted on it, every arm over the same
 * users, and report.json and report.html in `io.out`, both or none. An arm that fails is a row with its error. Aborting
 * leaves what is finished for `resume`.
 */
export async function simulate(
  settings: Settings,
  io: SimulateIo,
  runTask: TaskRunner = runInProcess,
): Promise<Report> {
  throwIfCancelled(io.signal);
  await checkArms(settings);
  await probeFolder(io.out);
  const folder = await openWorkFolder(io.out, io.resume ?? false);
  let finished = false;
  try {
    const report = await simulateIn(settings, io, folder, runTask);
    await writeTogether([
      [join(io.out, "report.html"), reportPage(report)],
      [join(io.out, "report.json"), `${JSON.stringify(report, null, 1)}\n`],
    ]);
    finished = true;
    return report;
  } finally {
    if (finished) await folder.remove();
    else await folder.leave();
  }
}

async function simulateIn(
  settings: Settings,
  io: SimulateIo,
  folder: WorkFolder,
  runTask: TaskRunner,
): Promise<Report> {
  const started = performance.now();
  const startedAt = new Date((io.now ?? Date.now)()).toISOString();
  const seeds = Array.from({ length: settings.seeds }, (_, i) => settings.seed + i);
  const { commit, key: code } = await codeVersion();
  const arena: Arena = { settings, seeds, folder, runTask, code, io };
  const models = await fitModels(arena);
  throwIfCancelled(io.signal);
  const outcomes = await runArms(arena, models);
  throwIfCancelled(io.signal);
  const environment = { commit, node: process.version, machine: machineText() };
  return buildReport(outcomes, settings, {
    environment,
    startedAt,
    seeds,
    seconds: (performance.now() - started) / 1000,
  });
}

/** Arm names, their policies and models, before any long work. */
async function checkArms(settings: Settings): Promise<void> {
  for (const arm of [...settings.arms, settings.warmup.policy]) {
    const model = await modelOf(arm);
    if (model !== undefined) await loadRecommender(model.name);
  }
  if (!isPolicy(settings.warmup.policy)) {
    throw new PlatformError(
      "bad-config",
      `warmup.policy must be a built-in policy, got "${settings.warmup.policy.name}".`,
    );
  }
}

/** Whether an arm is a built-in policy, and not the truth, an API or a module. */
function isPolicy({ name, module }: ArmChoice): boolean {
  return module === undefined && name !== "oracle" && name !== "api";
}

/** What an arm ranks by in one world, or undefined when it fits nothing. */
async function modelOf(arm: ArmChoice): Promise<{ name: string; config: ArmChoice["model"] } | undefined> {
  if (!isPolicy(arm)) return undefined;
  const { model } = await parseSlatePolicy(arm.name);
  return model === undefined ? undefined : { name: model, config: arm.model };
}

/** Artifact file or error by `modelKey`: arms that rank by the same model share one fit a world. */
type Fitted = ReadonlyMap<string, { readonly file: string; readonly error: string | null }>;

const modelKey = (seed: number, model: object): string => digestOf({ seed, model });

async function fitModels(arena: Arena): Promise<Fitted> {
  const { settings, seeds, folder } = arena;
  const jobs = new Map<string, () => Promise<void>>();
  const fitted = new Map<string, { file: string; error: string | null }>();
  for (const arm of settings.arms) {
    const model = await modelOf(arm);
    if (model === undefined) continue;
    for (const seed of seeds) {
      const key = modelKey(seed, model);
      const file = folder.piece({ ...sharedKey(arena, seed), model });
      if (fitted.has(key)) continue;
      fitted.set(key, { file, error: null });
      if (existsSync(file)) continue;
      const task = {
        kind: "fit",
        settings,
        seed,
        model: model.name,
        config: model.config,
        artifactFile: file,
      } as const;
      jobs.set(key, async () => {
        const error = await attempt(arena, task);
        if (error !== null) fitted.set(key, { file, error: `${model.name} could not be fitted: ${error}` });
      });
    }
  }
  await inTurn(arena, "fit models", "fits", [...jobs.values()]);
  return fitted;
}

async function runArms(arena: Arena, models: Fitted): Promise<Outcome[]> {
  const { settings, seeds } = arena;
  const results = new Map<ArmChoice, { pieces: Piece[]; error: string | null }>();
  const jobs: (() => Promise<void>)[] = [];
  for (const arm of settings.arms) results.set(arm, { pieces: [], error: null });
  // World by world, so that an early look at what is finished compares like with like.
  for (const seed of seeds) {
    for (const arm of settings.arms) {
      const model = await modelOf(arm);
      const fit = model && models.get(modelKey(seed, model));
      jobs.push(async () => {
        const result = results.get(arm)!;
        // An arm that failed in one world has no result to add to.
        if (result.error !== null) return;
        const { piece, error } = fit?.error ? { error: fit.error } : await pieceOf(arena, arm, seed, fit?.file);
        if (piece !== undefined) result.pieces.push(piece);
        if (error !== null && result.error === null) result.error = `${error} (world ${seed})`;
      });
    }
  }
  await inTurn(arena, "simulate", "arms x worlds", jobs);
  return settings.arms.map((arm) => {
    const { pieces, error } = results.get(arm)!;
    return { arm, error, pieces: pieces.toSorted((a, b) => a.seed - b.seed) };
  });
}

async function pieceOf(
  arena: Arena,
  arm: ArmChoice,
  seed: number,
  artifactFile: string | undefined,
): Promise<{ piece?: Piece; error: string | null }> {
  const { settings, folder, io } = arena;
  // A module that was changed is another arm.
  const code = arm.module === undefined ? null : await readFile(arm.module, "utf8").catch(() => null);
  const api = arm.name === "api" ? settings.api : null;
  const pieceFile = folder.piece({ ...sharedKey(arena, seed), arm, module: code, api });
  const known = await readPiece(pieceFile);
  if (known !== undefined) return { piece: known, error: null };
  const error = await attempt(arena, {
    kind: "arm",
    settings,
    seed,
    arm,
    pieceFile,
    ...(artifactFile !== undefined && { artifactFile }),
    ...(io.apiKey !== undefined && { apiKey: io.apiKey }),
  });
  if (error !== null) return { error };
  const piece = await readPiece(pieceFile);
  return piece === undefined ? { error: "the process ended without a readable result." } : { piece, error: null };
}

/** All that determines a piece but the arm: pieces of other settings or of other code are not taken up. */
function sharedKey({ settings, code }: Arena, seed: number): object {
  const { world, behaviour, users, days, slate, warmup, learn, refitDays, batchSize, propensityEvery, regret } =
    settings;
  const pace = { learn, refitDays, batchSize, propensityEvery };
  return { world, behaviour, users, days, slate, warmup, ...pace, regret, seed, code };
}

/** Why a task failed, or null; a cancellation is passed on. */
async function attempt({ runTask, io }: Arena, task: Task): Promise<string | null> {
  try {
    const { signal, report } = io;
    await runTask(task, { ...(signal && { signal }), ...(report && { report }) });
    return null;
  } catch (error) {
    throwIfCancelled(io.signal);
    if (error instanceof PlatformError && error.code === "cancelled") throw error;
    return error instanceof Error ? error.message : String(error);
  }
}

async function inTurn(
  { settings, io }: Arena,
  task: string,
  unit: string,
  jobs: readonly (() => Promise<void>)[],
): Promise<void> {
  let done = 0;
  const tell = (): void => io.report?.({ task, done, total: jobs.length, unit });
  if (jobs.length > 0) tell();
  await runPool(
    settings.concurrency,
    jobs.map((job) => async () => {
      await job();
      done++;
      tell();
    }),
  );
}
