import { PlatformError, throwIfCancelled, type SlateLog } from "@sequitur/core";
import type { FitRun } from "@sequitur/recommender";
import { setImmediate as nextTurn } from "node:timers/promises";
import { checkpoint, identityOf, resume, type Position } from "./checkpoint.js";
import { NAME, posteriorOf, type Posterior } from "./posterior.js";
import { GROUP_SCALE_FLOOR } from "./priors.js";
import { lossGradient, type StepContext } from "./train-step.js";
import { beginGru, meansOf, resetAdam, rhoOf, scaleOf, type StepGradients, type Trainee } from "./trainee.js";
import { batchReader, windowsOf, type BatchReader, type Choices, type Windows } from "./windows.js";

/** The data of a fit and how it is judged. */
export interface SlateTraining {
  readonly log: SlateLog;
  /** Of the posterior as it is, higher is better; absent: nothing is held out. */
  readonly validate?: ((posterior: Posterior) => number | Promise<number>) | undefined;
}

/**
 * Trains in two phases: the linear state with the items, then the GRU with the items frozen and Adam started anew. A
 * phase ends after `patience` epochs without a better validation, the first at half time at the latest, and goes on from
 * its best epoch. Cancellation and checkpoints stand between epochs; a fit resumes exactly.
 */
export async function trainSlates(trainee: Trainee, training: SlateTraining, run: FitRun): Promise<void> {
  const { config } = trainee;
  const windows = windowsOf(training.log, config.maxSlates);
  if (windows.starts.length === 0) throw new PlatformError("bad-data", `${NAME} needs a slate or more, got none.`);
  const reader = batchReader(training.log, windows, config);
  const best = new Map<string, Float32Array>();
  const identity = identityOf(trainee, training.log, run);
  let position = await resume(trainee, best, identity, run);
  while (!position.finished) {
    const loss = await trainEpoch(trainee, reader, windows, position, run);
    settleUntouched(trainee, reader.expectedTouches);
    position = { ...position, epoch: position.epoch + 1, step: trainee.step };
    const validation = await training.validate?.(posteriorOf(trainee, position.phase));
    position = judged(position, validation, trainee, best);
    run.report?.({
      task: `fit ${NAME}`,
      done: position.epoch,
      total: config.epochs,
      unit: "epochs",
      values: { loss, ...(validation !== undefined && { validation }) },
    });
    const { phase } = position;
    position = nextPhase(position, trainee, best);
    // The second phase has to be better than what it begins with.
    if (position.phase !== phase) {
      position = judged(position, await training.validate?.(posteriorOf(trainee, position.phase)), trainee, best);
    }
    await checkpoint(trainee, best, position, run);
  }
}

async function trainEpoch(
  trainee: Trainee,
  reader: BatchReader,
  windows: Windows,
  { phase, epoch }: Position,
  run: FitRun,
): Promise<number> {
  const { config } = trainee;
  const total = windows.starts.length;
  const random = run.random.fork(`epoch ${epoch}`);
  const order = random.shuffle(Int32Array.from({ length: total }, (_, window) => window));
  let [sum, steps] = [0, 0];
  for (let from = 0; from < total; from += config.batchSize) {
    throwIfCancelled(run.signal);
    const to = Math.min(from + config.batchSize, total);
    const batch = reader.read(order, from, to, random);
    const keys = Array.from({ length: config.samples }, () => random.uint32());
    const context = { phase, windows: total, expectedTouches: reader.expectedTouches };
    const loss = takeStep(
      trainee,
      batch,
      keys.map((key) => ({ ...context, key })),
    );
    if (!Number.isFinite(loss)) {
      const message = `fit ${NAME}: expected a finite loss, got ${loss} in epoch ${epoch + 1}: lower the learning rate.`;
      throw new PlatformError("diverged", message);
    }
    sum += loss;
    steps += 1;
    if (steps % 8 === 0) await nextTurn();
  }
  return sum / steps;
}

/** One Adam step on the mean gradient of several draws; the mean loss. */
function takeStep(trainee: Trainee, batch: Choices, draws: readonly StepContext[]): number {
  const { engine, config, items, others } = trainee;
  const { kernels, memory } = engine;
  return memory.withScratch((scratch) => {
    const width = 2 * config.width;
    const gradients = (): StepGradients => ({
      items: scratch.floats(batch.items.length * width),
      others: scratch.floats(others.values.length),
    });
    const mean = gradients();
    let loss = lossGradient(mean, trainee, batch, draws[0]!, scratch);
    if (draws.length > 1) {
      const own = gradients();
      for (const draw of draws.slice(1)) {
        loss += memory.withScratch((inner) => lossGradient(own, trainee, batch, draw, inner));
        addTo(mean.items.array, own.items.array);
        addTo(mean.others.array, own.others.array);
      }
      for (const block of [mean.items, mean.others]) scaleBy(block.array, 1 / draws.length);
    }
    trainee.step += 1;
    const { learningRate, gruLearningRate, beta1, beta2, clipNorm } = config;
    const learnsItems = draws[0]!.phase === "linear";
    const options = { learningRate: learnsItems ? learningRate : gruLearningRate, beta1, beta2, step: trainee.step };
    kernels.clipByNorm(learnsItems ? [mean.items, mean.others] : [mean.others], clipNorm);
    kernels.adam(others.values, mean.others, others.m, others.v, options);
    keepInBounds(trainee);
    if (learnsItems && batch.items.length > 0) {
      const indices = scratch.ints(batch.items.length);
      indices.array.set(batch.items);
      const rows = { indices, count: batch.items.length, width };
      kernels.adam(items.values, mean.items, items.m, items.v, options, rows);
    }
    return loss / draws.length;
  });
}

/** Means that are not items stay within 10, gamma in (0, 1), s in [0.001, 5]. */
function keepInBounds(trainee: Trainee): void {
  const means = trainee.others.values.array.subarray(0, trainee.globals.size);
  for (let at = 0; at < means.length; at++) means[at] = Math.min(10, Math.max(-10, means[at]!));
  const bound = (name: "keep" | "start", low: number, high: number): void => {
    const slot = meansOf(trainee, name);
    slot[0] = Math.min(high, Math.max(low, slot[0]!));
  };
  bound("keep", 0.001, 0.999);
  bound("start", 0.001, 5);
}

/**
 * Items that no slate shows have their prior as posterior: m = E mu_g, s^2 = var mu_g + E sigma_g^2. It is set, not
 * trained, and they add nothing to the loss: integrated out, they say nothing of their group.
 */
function settleUntouched({ items, others, globals, groups, config }: Trainee, touches: Float64Array): void {
  const { width, maxScale } = config;
  const values = others.values.array;
  const scale = (at: number): number => scaleOf(values[globals.size + at]!, maxScale);
  for (const [item, group] of groups.of.entries()) {
    if (touches[item]! > 0) continue;
    for (let j = 0; j < width; j++) {
      const meanAt = globals.groupMean.from + group * width + j;
      const scaleAt = globals.groupScale.from + group * width + j;
      const squares = Math.max(GROUP_SCALE_FLOOR ** 2, values[scaleAt]! ** 2 + scale(scaleAt) ** 2);
      const spread = Math.sqrt(scale(meanAt) ** 2 + squares);
      items.values.array[item * 2 * width + j] = values[meanAt]!;
      items.values.array[item * 2 * width + width + j] = rhoOf(spread, maxScale);
    }
  }
}

/** Keeps the best values of the phase. */
function judged(position: Position, value: number | undefined, trainee: Trainee, best: Map<string, Float32Array>) {
  if (value === undefined) return position;
  if (position.best !== null && !(value > position.best)) return { ...position, waited: position.waited + 1 };
  for (const name of ["items", "others"] as const) best.set(name, trainee[name].values.array.slice());
  return { ...position, waited: 0, best: value };
}

/** Where to go from here: on, into the second phase, or to the end; the latter two from the best epoch. */
function nextPhase(position: Position, trainee: Trainee, best: Map<string, Float32Array>): Position {
  const { epochs, patience, state } = trainee.config;
  const hasWaited = position.waited >= Math.max(1, Math.ceil(patience * epochs));
  const hasSecond = state === "gru" && position.phase === "linear";
  const isOver = hasWaited || position.epoch >= (hasSecond ? Math.ceil(epochs / 2) : epochs);
  if (!isOver) return position;
  for (const [name, values] of best) trainee[name as "items" | "others"].values.array.set(values);
  if (!hasSecond || position.epoch >= epochs) return { ...position, finished: true };
  resetAdam(trainee);
  beginGru(trainee);
  best.clear();
  return { ...position, phase: "gru", waited: 0, best: null, step: 0 };
}

function addTo(out: Float32Array, values: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i]! += values[i]!;
}

function scaleBy(out: Float32Array, factor: number): void {
  for (let i = 0; i < out.length; i++) out[i]! *= factor;
}
