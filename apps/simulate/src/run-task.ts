import { Random, type Report } from "@sequitur/core";
import { readArtifact, writeArtifact } from "@sequitur/recommender";
import { loadModel } from "@sequitur/builtin";
import { openWorld, simulation, type SlateServer } from "@sequitur/simulator";
import { apiServer } from "./api-server.js";
import { armRecorder } from "./arm-recorder.js";
import { armServer, type ArmRun } from "./arm-server.js";
import { fitModel } from "./fit-model.js";
import { knownLog } from "./known-log.js";
import { writePiece } from "./piece.js";
import { labelOf, type Settings } from "./settings.js";
import type { ArmTask, FitTask, Task } from "./task.js";

export interface TaskRun {
  readonly report?: Report;
  readonly signal?: AbortSignal;
}

/** Fits a model or runs an arm, and writes what came of it. */
export async function runTask(task: Task, run: TaskRun): Promise<void> {
  if (task.kind === "fit") await runFit(task, run);
  else await runArm(task, run);
}

/** A world after its warm-up. Each process lives through it again: it is the same for all, and cheaper than to keep. */
async function warmedUp(settings: Settings, seed: number, run: TaskRun) {
  const { warmup, users, days } = settings;
  const world = await openWorld(settings.world, { users, days: warmup.days + days, seed, ...run });
  const random = new Random(`simulate/${seed}`);
  const plan = {
    behaviour: settings.behaviour,
    k: settings.slate,
    learn: settings.learn,
    batchSize: settings.batchSize,
    regret: settings.regret,
    random,
    ...run,
  };
  const course = simulation(world, plan);
  const known = knownLog(world);
  const recorder = armRecorder(world, settings);
  const logging = await armServer(warmup.policy, { world, known, settings, random: random.fork("logging") });
  await course.run({ ...logging, name: `warm-up by ${logging.name}` }, warmup.days, recorder.record);
  return { world, course, known, recorder, random };
}

async function runFit({ settings, seed, model: name, config, artifactFile }: FitTask, run: TaskRun): Promise<void> {
  const { known, random } = await warmedUp({ ...settings, regret: false }, seed, run);
  const plan = { name, config, threads: settings.threads, random: random.fork(`fit ${name}`), ...run };
  const model = await fitModel(known, plan);
  await writeArtifact(artifactFile, model.save());
}

async function runArm(task: ArmTask, run: TaskRun): Promise<void> {
  const { settings, seed, arm, artifactFile, pieceFile } = task;
  const label = labelOf(arm);
  const { world, course, known, recorder, random } = await warmedUp(settings, seed, run);
  const model = artifactFile === undefined ? undefined : await loadModel(await readArtifact(artifactFile));
  const parts = { world, known, settings, random: random.fork(`arm ${label}`), model };
  const server = await serverOf(task, parts, course.oracle);
  await course.run({ ...server, name: `${label}, seed ${seed}` }, world.days, recorder.record);
  await writePiece(pieceFile, recorder.piece(seed, label));
}

async function serverOf(task: ArmTask, parts: ArmRun, oracle: SlateServer): Promise<SlateServer> {
  const { arm, settings, apiKey = "" } = task;
  if (arm.name === "oracle") return oracle;
  if (arm.name !== "api") return armServer(arm, parts);
  const plan = { ...settings.api, url: settings.api.url!, key: apiKey, world: parts.world, fetch };
  return apiServer(plan, parts.known.interactions());
}
