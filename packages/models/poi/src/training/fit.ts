import { PlatformError, throwIfCancelled, type Interactions, type Random } from "@sequitur/core";
import { adamW, cosine, graph, Optimiser, Parameters, selectBackend, train, warmUp, type Training } from "@sequitur/nn";
import { fitIdentity, type FitRun } from "@sequitur/recommender";
import { SeenPlaces } from "../history/visit-features.js";
import type { PoiConfig } from "../network/config.js";
import { poiNetwork, type Batch } from "../network/network.js";
import type { PoiModel } from "../serving/poi-model.js";
import { batchCount, epochBatches, type BatchOptions } from "./batches.js";
import { readData, type FitData, type PoiFit } from "./fit-data.js";
import { fittedModel } from "./fitted-model.js";

/**
 * Trains the network on what follows each check-in of every trajectory and gives the model with the best validated
 * weights, or the last ones without validation. `bad-data` when there is nothing to learn from.
 */
export async function fitPoi(data: Interactions, fit: PoiFit, run: FitRun): Promise<PoiModel> {
  throwIfCancelled(run.signal);
  const { name, config } = fit;
  const read = readData(data, fit, run.random.fork("data"));
  const perEpoch = batchCount(read.sequences, config.batchSize);
  if (perEpoch === 0) {
    const wanted = config.askFirst ? "at least one check-in" : "a trajectory of at least two check-ins";
    throw new PlatformError("bad-data", `${name} needs ${wanted}, got none.`);
  }
  await selectBackend("sequitur", { threads: run.threads ?? 1 });
  const parameters = new Parameters(run.random.fork("weights"));
  const optimiser = new Optimiser(adamW(), { decay: config.weightDecay });
  const network = poiNetwork(parameters, read.shape, config, graph);
  const model = (): PoiModel => fittedModel(data, fit, read, network, parameters, run.threads ?? 1);
  try {
    const total = config.epochs * perEpoch;
    const rising = Math.min(100, Math.floor(total / 10));
    await train<Batch>({
      task: `fit ${name}`,
      parameters,
      optimiser,
      schedule: warmUp(config.learningRate, rising, cosine(config.learningRate, total - rising)),
      epochs: config.epochs,
      clipNorm: config.clipNorm,
      random: run.random.fork("training"),
      batchesPerEpoch: perEpoch,
      batches: (_epoch, random) => epochBatches(read.checkIns, read.sequences, batchOptions(read, config), random),
      loss: network.loss,
      ...outside(data, fit, run, model),
    });
    return model();
  } finally {
    optimiser.dispose();
    network.dispose();
    parameters.dispose();
  }
}

function batchOptions(
  { facts }: FitData,
  { batchSize, userDropout, sampledPlaces, nextTime, visits, season }: PoiConfig,
): BatchOptions {
  const periods = season?.periods ?? 12;
  return {
    facts,
    nextTime,
    visits,
    periods,
    batchSize,
    userDropout,
    sampledPlaces,
    seen: new SeenPlaces(facts.size),
  };
}

/** What the run brings: validation, checkpoints, cancellation, progress. */
function outside(data: Interactions, fit: PoiFit, run: FitRun, model: () => PoiModel): Partial<Training<Batch>> {
  const { validate, checkpointDir } = run;
  const value = async (): Promise<number> => {
    const current = model();
    try {
      return await validate!(current);
    } finally {
      current.release();
    }
  };
  return {
    ...(validate && { validation: { value, patience: fit.config.patience } }),
    ...(checkpointDir !== undefined && {
      checkpoints: { dir: checkpointDir, identity: identityOf(fit, data, run.random) },
    }),
    signal: run.signal,
    report: run.report,
  };
}

/** Opening hours act when scoring, and so when validation chooses among the weights. */
function identityOf({ name, config }: PoiFit, data: Interactions, random: Random): string {
  const { items, times, userOffsets, context, catalog } = data;
  const { categories, timeZones, openingHours, latitudes, longitudes } = catalog.itemColumns;
  return fitIdentity(
    [name, config, categories, timeZones, openingHours],
    [items, times, userOffsets, context.session, context.utcOffsetMinutes, latitudes, longitudes],
    random,
  );
}
