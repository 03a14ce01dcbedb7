import {
  itemCounts,
  PlatformError,
  stringsTensor,
  throwIfCancelled,
  type Interactions,
  type Tensor,
} from "@sequitur/core";
import {
  adamW,
  cosine,
  graph,
  Optimiser,
  Parameters,
  selectBackend,
  train,
  warmUp,
  type SparseRows,
  type Training,
} from "@sequitur/nn";
import type { FitRun } from "@sequitur/recommender";
import { fitHours } from "../hours/fit-hours.js";
import { hoursTensors } from "../hours/hours-tensors.js";
import type { PlaceHours } from "../hours/place-hours.js";
import { flowMap, rowNormalised, selfLoops } from "../graph/flow-map.js";
import { checkInsOf, type CheckIns, type Moment, type Sequence } from "../history/check-ins.js";
import { directionsOf, leafCategories, placeZones, type PlaceFacts } from "../history/places.js";
import { SeenPlaces } from "../history/visit-features.js";
import type { PoiConfig } from "../network/config.js";
import { categoryIndex, periodIn } from "../network/encoded.js";
import { poiNetwork, type Batch, type NetworkShape, type PoiNetwork } from "../network/network.js";
import { placePopularity } from "../popularity/popularity.js";
import { seasonMixture } from "../season/season-mixture.js";
import { keptTensors, modelOf, type StoredModel } from "../serving/load-model.js";
import type { PoiModel } from "../serving/poi-model.js";
import { engineFor } from "../serving/weights.js";
import { batchCount, epochBatches, type BatchOptions } from "./batches.js";
import { fitIdentity } from "./fit-identity.js";
import { scoreNewPlaces } from "./new-places.js";
import { placeNumbers } from "./place-numbers.js";
import { trainingOffsets, trainingSequences, trajectoriesOf, userStarts } from "./windows.js";

/** What a model brings to a fit. */
export interface PoiFit {
  readonly name: string;
  readonly config: PoiConfig;
}

/** Everything that a fit reads of the data. */
export interface FitData {
  readonly checkIns: CheckIns;
  readonly sequences: readonly Sequence[];
  readonly shape: NetworkShape;
  readonly facts: PlaceFacts;
  /** Absent where opening hours are off. */
  readonly hours?: PlaceHours;
}

/**
 * Trains the network on what follows each check-in of every trajectory and gives the model with the best validated
 * weights, or the last ones without validation. `bad-data` when there is nothing to learn from.
 */
export async function fitPoi(data: Interactions, fit: PoiFit, run: FitRun): Promise<PoiModel> {
  throwIfCancelled(run.signal);
  const { name, config } = fit;
  const read = readData(data, fit);
  const perEpoch = batchCount(read.sequences, config.batchTargets);
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
      schedule: warmUp(config.rate, rising, cosine(config.rate, total - rising)),
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

/** Reads training data into what the network is built over and trained on. */
export function readData(data: Interactions, { config }: PoiFit): FitData {
  const { catalog } = data;
  const places = catalog.items.size;
  const clockOf = (row: number): Moment => ({
    hour: checkIns.hours[row]!,
    weekHour: checkIns.weekHours[row]!,
    month: checkIns.months[row]!,
  });
  const { categories, names } = leafCategories(catalog.itemColumns, places);
  const facts: PlaceFacts = {
    size: places,
    categories,
    categoryCount: names.length,
    directions: directionsOf(catalog.itemColumns, places),
    latitudes: Float32Array.from(
      { length: places },
      (_, place) => catalog.itemColumns.latitudes?.[place] ?? Number.NaN,
    ),
    visits: Float32Array.from(itemCounts(data)),
    ...placeZones(catalog),
  };
  const hours = config.hours.form === "off" ? undefined : fitHours(data, config.hours);
  const offsetOf = trainingOffsets(data, facts);
  const trajectories = trajectoriesOf(data, config.cutHours);
  const checkIns = checkInsOf(data.items, data.times, userStarts(data), offsetOf, {
    latitudes: facts.latitudes,
    linkHours: config.cutHours,
  });
  const numbers = placeNumbers(placePopularity(data, popularityOptions(config)), catalog.itemColumns);
  const shape: NetworkShape = {
    users: catalog.users.size,
    places,
    categories: names.length,
    numbers,
    features: places === 0 ? 1 : numbers.length / places,
    categoryRows: categories.map((_, place) => categoryIndex(facts, place)),
    visits: facts.visits,
    directions: facts.directions,
    adjacency: adjacencyOf(data, trajectories, config),
    ...(config.season && { seasons: seasonMixture(periodCounts(checkIns, config.season.periods), config.season) }),
  };
  return {
    checkIns,
    sequences: trainingSequences(data, checkIns, trajectories, clockOf, config),
    shape,
    facts,
    ...(hours && { hours }),
  };
}

function periodCounts({ months }: CheckIns, periods: 12 | 4): Float64Array {
  const counts = new Float64Array(periods);
  for (const month of months) counts[periodIn(month, periods)]! += 1;
  return counts;
}

function popularityOptions({ popularity, alpha, beta, recentFraction }: PoiConfig) {
  return { formula: popularity, alpha, beta, recentFraction };
}

function adjacencyOf(data: Interactions, trajectories: Int32Array, config: PoiConfig): SparseRows {
  if (!config.graph) return selfLoops(data.catalog.items.size);
  return rowNormalised(flowMap(data, trajectories, popularityOptions(config)));
}

function batchOptions(
  { facts }: FitData,
  { batchTargets, userDropout, nextTime, visits, season }: PoiConfig,
): BatchOptions {
  const periods = season?.periods ?? 12;
  return { facts, nextTime, visits, periods, batchTargets, userDropout, seen: new SeenPlaces(facts.size) };
}

/** The model with the network's weights as they are now. */
export function fittedModel(
  data: Interactions,
  { name, config }: PoiFit,
  { shape, facts, hours }: FitData,
  network: PoiNetwork,
  parameters: Parameters,
  threads: number,
): PoiModel {
  const tensors = new Map<string, Tensor>(parameters.snapshot());
  const float = (of: string, values: Float32Array, dims: number[]): unknown =>
    tensors.set(of, { shape: dims, data: values });
  const { vectors, source, target } = network.encodedPlaces();
  float("places.vectors", vectors, [shape.places, config.width]);
  if (source !== undefined && target !== undefined) {
    float("places.source", source, [shape.places]);
    float("places.target", target, [shape.places]);
  }
  if (shape.seasons !== undefined) {
    const periods = Math.sqrt(shape.seasons.length);
    const table = tensors.get("token.seasons.table")!.data as Float32Array;
    float("seasons", product(shape.seasons, table, periods, config.width), [periods, config.width]);
  }
  const [head, bias] = ["head.places", "head.bias"].map((of) => tensors.get(of)!.data as Float32Array);
  scoreNewPlaces(head!, bias!, facts);
  float("facts.directions", facts.directions, [3 * shape.places]);
  float("facts.visits", facts.visits, [shape.places]);
  float("facts.latitudes", facts.latitudes, [shape.places]);
  tensors.set("facts.categories", { shape: [shape.places], data: facts.categories });
  tensors.set("facts.zoneOf", { shape: [shape.places], data: facts.zoneOf });
  tensors.set("facts.zones", stringsTensor(facts.zones));
  for (const [of, tensor] of hours === undefined ? [] : hoursTensors(hours)) tensors.set(of, tensor);
  const { offsets, columnOf, values } = shape.adjacency;
  tensors.set("graph.offsets", { shape: [offsets.length], data: offsets });
  tensors.set("graph.columns", { shape: [columnOf.length], data: columnOf });
  float("graph.values", values, [values.length]);
  const sizes = { users: shape.users, places: shape.places, categories: shape.categories };
  const stored: StoredModel = {
    name,
    config,
    catalog: data.catalog,
    tensors: keptTensors(config, sizes, tensors),
    ...(hours && { hours }),
  };
  return modelOf(stored, engineFor(threads));
}

/** (rows, k) times (k, columns). */
function product(a: Float32Array, b: Float32Array, rows: number, columns: number): Float32Array {
  const inner = a.length / rows;
  return Float32Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    let sum = 0;
    for (let i = 0; i < inner; i++) sum += a[row * inner + i]! * b[i * columns + column]!;
    return sum;
  });
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
      checkpoints: { dir: checkpointDir, identity: fitIdentity(fit.name, fit.config, data, run.random) },
    }),
    signal: run.signal,
    report: run.report,
  };
}
