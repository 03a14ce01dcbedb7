import { PlatformError, throwIfCancelled } from "@sequitur/core";
import type { FitRun } from "@sequitur/recommender";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FactorModel } from "../serving/factor-model.js";
import { readCheckpoint, writeCheckpoint, type Position, type RunIdentity } from "./checkpoint.js";

/** What is trained: live arrays, and one pass over the data that changes them. */
export interface Trainee {
  /** Name of the recommender. */
  readonly name: string;
  readonly epochs: number;
  /** All that the next epoch depends on, besides its number. */
  readonly state: ReadonlyMap<string, Float32Array>;
  /** Runs epoch `at`, counted from 0; named numbers to report. */
  readonly epoch: (at: number) => Promise<Readonly<Record<string, number>>>;
  /** A model of copies of the present state. */
  readonly model: () => FactorModel;
  /** Whether the state can still be trusted: finite and of a sane size. */
  readonly sane: () => boolean;
}

/** How often to look, and how long to wait. */
export interface Schedule {
  /** Epochs between two validations. */
  readonly validateEvery: number;
  /** Validations without a new best after which training stops. */
  readonly patience: number;
  /** Epochs between two checkpoints. */
  readonly checkpointEvery: number;
}

/**
 * The loop that all models of the family share: epochs, early stopping at the best validation, checkpoints, exact
 * resume. Kernels are synchronous and validation needs the threads too, so it runs between epochs, on a copy of the
 * factors. Returns the model of the best validation, or of the last epoch when there is none. `diverged` when the
 * factors stop being sane: the last good checkpoint stays.
 */
export async function runEpochs(
  trainee: Trainee,
  schedule: Schedule,
  identity: RunIdentity,
  run: FitRun,
): Promise<FactorModel> {
  throwIfCancelled(run.signal);
  const best = new Map<string, Float32Array>();
  let position = await resume(trainee, best, identity, run);
  while (!position.finished) {
    const values = await trainee.epoch(position.epoch);
    if (!trainee.sane()) throw diverged(trainee, position.epoch, run);
    position = { ...position, epoch: position.epoch + 1 };
    const last = position.epoch >= trainee.epochs;
    const look = run.validate !== undefined && (last || position.epoch % schedule.validateEvery === 0);
    const validation = look ? await validated(trainee, run) : undefined;
    if (validation !== undefined) position = judged(position, validation, trainee, best);
    position = { ...position, finished: last || position.waited >= schedule.patience };
    run.report?.({
      task: `fit ${trainee.name}`,
      done: position.epoch,
      total: trainee.epochs,
      unit: "epochs",
      values: { ...values, ...(validation !== undefined && { validation }) },
    });
    if (run.checkpointDir !== undefined && (position.finished || position.epoch % schedule.checkpointEvery === 0)) {
      await writeCheckpoint(run.checkpointDir, { identity, position, state: trainee.state, best });
    }
    await nextTurn();
    throwIfCancelled(run.signal);
  }
  if (best.size > 0) copyInto(trainee.state, best);
  return trainee.model();
}

async function resume(
  trainee: Trainee,
  best: Map<string, Float32Array>,
  identity: RunIdentity,
  run: FitRun,
): Promise<Position> {
  const start: Position = { epoch: 0, waited: 0, best: null, finished: trainee.epochs === 0 };
  if (run.checkpointDir === undefined) return start;
  const known = await readCheckpoint(run.checkpointDir, identity, trainee.state);
  if (known === undefined) return start;
  copyInto(trainee.state, known.state);
  for (const [name, values] of known.best) best.set(name, values);
  return known.position;
}

async function validated(trainee: Trainee, run: FitRun): Promise<number> {
  const model = trainee.model();
  try {
    return (await run.validate?.(model)) ?? Number.NaN;
  } finally {
    model.release();
  }
}

function judged(position: Position, value: number, trainee: Trainee, best: Map<string, Float32Array>): Position {
  if (position.best !== null && !(value > position.best.value)) return { ...position, waited: position.waited + 1 };
  for (const [name, values] of trainee.state) best.set(name, values.slice());
  return { ...position, waited: 0, best: { value, epoch: position.epoch } };
}

function copyInto(state: ReadonlyMap<string, Float32Array>, from: ReadonlyMap<string, Float32Array>): void {
  for (const [name, values] of state) values.set(from.get(name)!);
}

function diverged(trainee: Trainee, epoch: number, run: FitRun): PlatformError {
  const kept = run.checkpointDir === undefined ? "" : `; the last good checkpoint stays in ${run.checkpointDir}`;
  return new PlatformError(
    "diverged",
    `fit ${trainee.name}: expected finite factors, but they grew beyond bounds in epoch ${epoch + 1}: ` +
      `lower the learning rate${kept}.`,
  );
}
