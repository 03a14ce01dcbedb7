import { PlatformError, throwIfCancelled, type Random, type Report, type Tensor } from "@sequitur/core";
import { setImmediate } from "node:timers/promises";
import { type Optimiser } from "../optimisers/optimiser.js";
import { type Schedule } from "../optimisers/schedule.js";
import { type Parameters } from "../parameters.js";
import { trainingPass, type Pass } from "../pass.js";
import { type tf } from "../tensors.js";
import { readCheckpoint, writeCheckpoint, type Position } from "./checkpoint.js";
import { disposeGradients, gradientNorm, GradientSum } from "./gradients.js";
import { WeightAverage } from "./weight-average.js";

/** One training run; everything it depends on comes in here. */
export interface Training<Batch> {
  /** Named in progress and errors: "fit sasrec". */
  readonly task: string;
  readonly parameters: Parameters;
  /** The batches of an epoch, plain arrays; they may depend on the epoch and `random` only, so that a resume repeats them. */
  readonly batches: (epoch: number, random: Random) => Iterable<Batch> | AsyncIterable<Batch>;
  /** For progress; NaN when unknown. */
  readonly batchesPerEpoch: number;
  /** Mean loss of a batch, built from operations of this package; the tensors it makes are freed for it. */
  readonly loss: (batch: Batch, pass: Pass) => tf.Scalar;
  readonly optimiser: Optimiser;
  readonly schedule: Schedule;
  /** Epochs at most. */
  readonly epochs: number;
  readonly random: Random;
  /** Batches whose gradients are averaged into one step. Default 1. */
  readonly accumulate?: number;
  /** Gradients together longer than this are scaled down to it (Pascanu et al. 2013). Default: no clipping. */
  readonly clipNorm?: number;
  /** Decay of the moving average of weights, which then is what validation sees and what remains. Default: none. */
  readonly averageDecay?: number;
  readonly validation?: Validation;
  readonly checkpoints?: Checkpoints;
  readonly signal?: AbortSignal | undefined;
  readonly report?: Report | undefined;
}

export interface Validation {
  /** Quality of the weights as they are; higher is better. */
  readonly value: () => number | Promise<number>;
  /** Epochs without a new best before the run stops. */
  readonly patience: number;
}

export interface Checkpoints {
  /** Folder of this run alone. */
  readonly dir: string;
  /** Hash of settings and data; a folder that holds another run is refused. */
  readonly identity: string;
  /** Steps between checkpoints besides those at the end of each epoch and at cancellation. Default: none. */
  readonly everySteps?: number;
}

export interface Trained {
  readonly steps: number;
  readonly epochs: number;
  /** Mean loss of the last epoch. */
  readonly loss: number;
  /** The best validation, whose weights the parameters now hold; absent without validation. */
  readonly best?: { readonly value: number; readonly epoch: number };
  /** "early" when validation stopped the run before its last epoch. */
  readonly stopped: "done" | "early";
}

/**
 * Runs the loop: batches in, steps, validation after each epoch, checkpoints; at the end the parameters hold the best
 * validated weights, else the last (or averaged) ones. A run that finds its own checkpoint goes on from there and ends
 * with the bits of a run that was never stopped. Throws `cancelled` within one step, after writing a checkpoint, and
 * `diverged` when a loss or validation is not finite.
 */
export async function train<Batch>(training: Training<Batch>): Promise<Trained> {
  const run = new Run(training);
  try {
    await run.resume();
    while (!run.finished) await run.epoch();
    return run.end();
  } finally {
    run.dispose();
  }
}

const START: Position = {
  epoch: 0,
  batch: 0,
  step: 0,
  lossSum: 0,
  epochLoss: null,
  waited: 0,
  best: null,
  finished: false,
};

class Run<Batch> {
  private readonly training: Training<Batch>;
  private readonly sum: GradientSum;
  private readonly average: WeightAverage | undefined;
  private position = START;
  private best: ReadonlyMap<string, Tensor> | undefined;

  constructor(training: Training<Batch>) {
    checkTraining(training);
    this.training = training;
    this.sum = new GradientSum(training.parameters);
    const { averageDecay, parameters } = training;
    this.average = averageDecay === undefined ? undefined : new WeightAverage(parameters.all(), averageDecay);
  }

  get finished(): boolean {
    return this.position.finished || this.position.epoch >= this.training.epochs;
  }

  /** Continues from the last checkpoint when the folder has one. */
  async resume(): Promise<void> {
    const { checkpoints, parameters, optimiser, schedule } = this.training;
    if (checkpoints === undefined) return;
    const { dir, identity } = checkpoints;
    const last = await readCheckpoint(dir, "last", identity);
    if (last === undefined) return;
    if (last.optimiser !== optimiser.rule.name) {
      throw new PlatformError(
        "bad-artifact",
        `${dir}: the checkpoint was made with ${last.optimiser}, expected ${optimiser.rule.name}.`,
      );
    }
    parameters.restore(last.weights, dir);
    optimiser.restore(parameters.all(), last.memory, last.position.step, dir);
    schedule.restore?.(last.schedule);
    this.average?.restore(last.average, dir);
    this.position = last.position;
    if (last.position.best === null) return;
    const best = await readCheckpoint(dir, "best", identity);
    if (best === undefined) {
      throw new PlatformError(
        "bad-artifact",
        `${dir}: last.safetensors names a best epoch, but there is no best file.`,
      );
    }
    this.best = best.weights;
  }

  /** The rest of the current epoch, then its validation. */
  async epoch(): Promise<void> {
    const { batches, random, accumulate = 1 } = this.training;
    const { epoch, batch: skip } = this.position;
    const losses: number[] = [];
    let index = 0;
    for await (const batch of batches(epoch, random.fork(`batches ${epoch}`))) {
      if (index++ < skip) continue;
      await this.pause();
      losses.push(this.addBatch(batch, index - 1));
      if (losses.length === accumulate) await this.step(losses, index);
    }
    await this.pause();
    if (losses.length > 0) await this.step(losses, index);
    if (index === 0) throw new PlatformError("bad-data", `${this.training.task}: epoch ${epoch} has no batches.`);
    await this.endEpoch();
  }

  /** Lets signals and timers through; a cancelled run leaves a checkpoint of its last whole step. */
  private async pause(): Promise<void> {
    await setImmediate();
    if (this.training.signal?.aborted !== true) return;
    await this.save();
    throwIfCancelled(this.training.signal);
  }

  private addBatch(batch: Batch, index: number): number {
    const { loss, random, task } = this.training;
    const { epoch } = this.position;
    const pass = trainingPass(random.fork(`masks ${epoch} ${index}`));
    const value = this.sum.add(() => loss(batch, pass));
    if (!Number.isFinite(value)) throw diverged(task, "loss", value, `batch ${index} of epoch ${epoch}`);
    return value;
  }

  private async step(losses: number[], batchesDone: number): Promise<void> {
    const { parameters, optimiser, schedule, clipNorm, task, checkpoints } = this.training;
    const step = this.position.step + 1;
    const gradients = this.sum.finish();
    try {
      let scale = 1;
      if (clipNorm !== undefined) {
        const norm = gradientNorm(gradients);
        if (!Number.isFinite(norm)) throw diverged(task, "gradient norm", norm, `step ${step}`);
        if (norm > clipNorm) scale = clipNorm / norm;
      }
      optimiser.step(parameters.all(), gradients, schedule.learningRate(step), scale);
    } finally {
      disposeGradients(gradients);
    }
    this.average?.update();
    const lossSum = losses.reduce((sum, loss) => sum + loss, this.position.lossSum);
    losses.length = 0;
    this.position = { ...this.position, step, batch: batchesDone, lossSum };
    this.tell();
    if (checkpoints?.everySteps !== undefined && step % checkpoints.everySteps === 0) await this.save();
  }

  private async endEpoch(): Promise<void> {
    const { epochs, validation, schedule, task } = this.training;
    const { epoch, batch, lossSum } = this.position;
    let value: number | undefined;
    let next: Position = { ...this.position, epoch: epoch + 1, batch: 0, lossSum: 0, epochLoss: lossSum / batch };
    if (validation !== undefined) {
      value = await this.validate(validation);
      if (!Number.isFinite(value)) throw diverged(task, "validation", value, `epoch ${epoch}`);
      schedule.observe?.(value);
      if (next.best === null || value > next.best.value) {
        next = { ...next, best: { value, epoch }, waited: 0 };
        this.best = this.currentWeights();
      } else {
        next = { ...next, waited: next.waited + 1 };
      }
    }
    const early = validation !== undefined && next.waited >= validation.patience;
    const isBest = next.best?.epoch === epoch;
    this.position = { ...next, finished: early || next.epoch >= epochs };
    if (isBest) await this.save("best");
    await this.save();
    this.tell(value);
  }

  private async validate(validation: Validation): Promise<number> {
    this.average?.swap();
    try {
      return await validation.value();
    } finally {
      this.average?.swap();
    }
  }

  /** What validation saw: the averages when there are any. */
  private currentWeights(): ReadonlyMap<string, Tensor> {
    return this.average?.snapshot() ?? this.training.parameters.snapshot();
  }

  private async save(which: "last" | "best" = "last"): Promise<void> {
    const { checkpoints, optimiser, schedule, parameters } = this.training;
    if (checkpoints === undefined) return;
    const isLast = which === "last";
    await writeCheckpoint(checkpoints.dir, which, {
      identity: checkpoints.identity,
      optimiser: optimiser.rule.name,
      position: this.position,
      schedule: schedule.state?.(),
      weights: isLast ? parameters.snapshot() : this.best!,
      memory: isLast ? optimiser.snapshot() : new Map(),
      average: (isLast ? this.average?.snapshot() : undefined) ?? new Map(),
    });
  }

  /** Reports progress; `validation` only where an epoch has just been validated. */
  private tell(validation?: number): void {
    const { report, task, batchesPerEpoch, epochs, schedule } = this.training;
    if (report === undefined) return;
    const { epoch, batch, lossSum, epochLoss, step } = this.position;
    const loss = batch > 0 ? lossSum / batch : (epochLoss ?? Number.NaN);
    const learningRate = schedule.learningRate(Math.max(1, step));
    const values = { epoch, loss, learningRate, ...(validation !== undefined && { validation }) };
    const done = epoch * batchesPerEpoch + batch;
    report({ task, done, total: epochs * batchesPerEpoch, unit: "batches", values });
  }

  end(): Trained {
    const { parameters, task, epochs: planned } = this.training;
    const { step, epoch, epochLoss, best } = this.position;
    if (this.best !== undefined) parameters.restore(this.best, task);
    else this.average?.swap();
    return {
      steps: step,
      epochs: epoch,
      loss: epochLoss ?? Number.NaN,
      ...(best && { best }),
      stopped: epoch < planned ? "early" : "done",
    };
  }

  dispose(): void {
    this.sum.dispose();
    this.average?.dispose();
  }
}

function diverged(task: string, what: string, value: number, where: string): PlatformError {
  return new PlatformError("diverged", `${task}: expected a finite ${what}, got ${value} at ${where}.`);
}

function checkTraining<Batch>({ epochs, accumulate = 1, clipNorm = 1, validation, task }: Training<Batch>): void {
  const fail = (what: string, value: number): PlatformError =>
    new PlatformError("bad-config", `${task}: ${what}, got ${value}.`);
  if (!(Number.isInteger(epochs) && epochs >= 1)) throw fail("epochs must be a positive integer", epochs);
  if (!(Number.isInteger(accumulate) && accumulate >= 1)) {
    throw fail("accumulate must be a positive integer", accumulate);
  }
  if (!(clipNorm > 0)) throw fail("clipNorm must be positive", clipNorm);
  if (validation !== undefined && !(validation.patience >= 1)) {
    throw fail("patience must be at least 1", validation.patience);
  }
}
