import { itemCounts, PlatformError, throwIfCancelled, type Interactions, type Tensor } from "@sequitur/core";
import {
  adamW,
  constant,
  cosine,
  Optimiser,
  Parameters,
  selectBackend,
  train,
  warmUp,
  type Pass,
  type Schedule,
  type tf,
  type Training,
} from "@sequitur/nn";
import { fitIdentity, type FitRun } from "@sequitur/recommender";
import type { SequenceModel } from "../serving/sequence-model.js";
import { windowPlan, type BatchOptions, type BatchPlan, type SequenceBatch } from "./batches.js";
import { negativeSampler, type NegativeSampler } from "./negative-sampler.js";
import { objectiveOf } from "./objectives.js";
import type { SequenceNetwork } from "./sequence-network.js";
import type { TrainingConfig } from "./training-config.js";

/** The keys of a config that a fit reads. */
export type FitConfig = Omit<TrainingConfig, "width" | "tied">;

/** What a model brings to the training of its weights. */
export interface NetworkTraining {
  readonly name: string;
  readonly config: FitConfig;
  readonly build: (parameters: Parameters) => SequenceNetwork;
  /** Hash of what the weights depend on besides the config, the data and the seed, such as item texts. */
  readonly inputs?: string;
  /** How the data become batches. Default: windows of whole histories. */
  readonly plan?: (data: Interactions, options: BatchOptions) => BatchPlan;
  /** The model that scores with these weights; absent where a run validates nothing. */
  readonly modelOf?: (weights: ReadonlyMap<string, Tensor>) => SequenceModel;
}

/**
 * Trains a network on every (history, next item) pair: the best validated weights, or the last ones without validation.
 * `bad-data` when no user has two interactions.
 */
export async function trainNetwork(
  data: Interactions,
  fit: NetworkTraining,
  run: FitRun,
): Promise<ReadonlyMap<string, Tensor>> {
  throwIfCancelled(run.signal);
  const { name, config } = fit;
  const batching = batchOptions(data, config);
  const { count: perEpoch, epoch: batchesOf } = (fit.plan ?? windowPlan)(data, batching);
  if (perEpoch === 0) {
    throw new PlatformError("bad-data", `${name} needs a user with at least two interactions, got none.`);
  }
  await selectBackend("sequitur", { threads: run.threads ?? 1 });
  const parameters = new Parameters(run.random.fork("weights"));
  const optimiser = new Optimiser(adamW(), { decay: config.weightDecay });
  try {
    const network = fit.build(parameters);
    await train({
      task: `fit ${name}`,
      parameters,
      optimiser,
      schedule: scheduleOf(config, perEpoch),
      epochs: config.epochs,
      clipNorm: config.clipNorm,
      ...(config.averageDecay > 0 && { averageDecay: config.averageDecay }),
      random: run.random.fork("training"),
      batchesPerEpoch: perEpoch,
      batches: (_epoch, random) => batchesOf(random),
      loss: lossOf(network, config, batching.sampler),
      ...outside(data, fit, run, parameters),
    });
    return parameters.snapshot();
  } finally {
    optimiser.dispose();
    parameters.dispose();
  }
}

function batchOptions(data: Interactions, config: FitConfig): BatchOptions {
  const { maxLength, batchSize, itemDropout, windows, loss, negatives, negativePower } = config;
  const common = { maxLength, batchSize, itemDropout, randomWindows: windows === "random" };
  if (loss === "softmax" || data.size === 0) return common;
  return { ...common, sampler: negativeSampler(itemCounts(data), negatives, negativePower) };
}

function scheduleOf({ learningRate, warmupSteps, schedule, epochs }: FitConfig, perEpoch: number): Schedule {
  const total = epochs * perEpoch;
  // A short fit still reaches its peak, a tenth of the way in at the latest.
  const rising = Math.min(warmupSteps, Math.floor(total / 10));
  return warmUp(
    learningRate,
    rising,
    schedule === "cosine" ? cosine(learningRate, total - rising) : constant(learningRate),
  );
}

function lossOf(
  network: SequenceNetwork,
  config: FitConfig,
  sampler: NegativeSampler | undefined,
): (batch: SequenceBatch, pass: Pass) => tf.Scalar {
  const { calibration, scorePenalty } = config;
  const objective = objectiveOf(config.loss, { calibration, scorePenalty, ...(sampler && { sampler }) });
  return (batch, pass) => network.loss(batch, pass, objective);
}

/** What the run brings: validation, checkpoints, cancellation, progress. */
function outside(
  data: Interactions,
  fit: NetworkTraining,
  run: FitRun,
  parameters: Parameters,
): Partial<Training<SequenceBatch>> {
  const { validate, checkpointDir } = run;
  const { modelOf } = fit;
  const identity = (): string =>
    fitIdentity([fit.name, fit.config, fit.inputs], [data.items, data.times, data.userOffsets], run.random);
  const value = async (): Promise<number> => {
    const model = modelOf!(parameters.snapshot());
    try {
      return await validate!(model);
    } finally {
      model.release();
    }
  };
  return {
    ...(validate && modelOf && { validation: { value, patience: fit.config.patience } }),
    ...(checkpointDir !== undefined && {
      checkpoints: { dir: checkpointDir, identity: identity() },
    }),
    signal: run.signal,
    report: run.report,
  };
}
