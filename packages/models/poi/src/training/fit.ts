import {
  itemCounts,
  PlatformError,
  stringsTensor,
  throwIfCancelled,
  type Interactions,
  type Random,
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
import { distancePrior, type DistancePrior } from "../geography/distance-prior.js";
import { placeGeography } from "../geography/place-geography.js";
import { fitHours } from "../hours/fit-hours.js";
import { hoursTensors } from "../hours/hours-tensors.js";
import type { PlaceHours } from "../hours/place-hours.js";
import { flowMap, rowNormalised, selfLoops, tripsAlong } from "../graph/flow-map.js";
import { checkInsOf, type CheckIns, type Sequence } from "../history/check-ins.js";
import { placeVectors, leafCategories, placeZones, type PlaceFacts } from "../history/places.js";
import { SeenPlaces } from "../history/visit-features.js";
import { tokenWidth, type PoiConfig } from "../network/config.js";
import { categoryIndex, periodIn } from "../network/encoded.js";
import { poiNetwork, type Batch, type NetworkShape, type PoiNetwork } from "../network/network.js";
import { placePopularity } from "../popularity/popularity.js";
import { seasonFactors, type SeasonFactors } from "../season/season-factors.js";
import { seasonMixture } from "../season/season-mixture.js";
import { keptTensors, modelOf, type StoredModel } from "../serving/load-model.js";
import type { PoiModel } from "../serving/poi-model.js";
import { engineFor } from "../serving/weights.js";
import { batchCount, epochBatches, type BatchOptions } from "./batches.js";
import { fitIdentity } from "./fit-identity.js";
import { describeNewPlaces } from "./new-places.js";
import { PLACE_NUMBERS, placeNumbers } from "./place-numbers.js";
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
  /** Training trips along each edge of the adjacency, for explanations. */
  readonly trips: Int32Array;
  /** Absent where opening hours are off. */
  readonly hours?: PlaceHours;
  /** Absent where seasons are off. */
  readonly season?: SeasonFactors;
  /** Absent where its weight is 0. */
  readonly prior?: DistancePrior;
}

/**
 * Trains the network on what follows each check-in of every trajectory and gives the model with the best validated
 * weights, or the last ones without validation. `bad-data` when there is nothing to learn from.
 */
export async function fitPoi(data: Interactions, fit: PoiFit, run: FitRun): Promise<PoiModel> {
  throwIfCancelled(run.signal);
  const { name, config } = fit;
  const read = readData(data, fit, run.random.fork("data"));
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
export function readData(data: Interactions, { config }: PoiFit, random: Random): FitData {
  const { facts, categoryNames } = factsOf(data);
  const hours = config.hours.form === "off" ? undefined : fitHours(data, config.hours);
  const weight = config.geography?.priorWeight ?? 0;
  const prior = weight > 0 ? distancePrior(data, facts.vectors, random.fork("prior")) : undefined;
  const trajectories = trajectoriesOf(data, config.cutHours);
  const checkIns = checkInsOf(data.items, data.times, userStarts(data), trainingOffsets(data, facts), {
    latitudes: facts.latitudes,
    linkHours: config.cutHours,
  });
  const numbers = placeNumbers(placePopularity(data, popularityOptions(config)), data.catalog.itemColumns);
  const geography = config.geography && placeGeography(data, config.geography, random.fork("geography"));
  const shape: NetworkShape = {
    users: data.catalog.users.size,
    places: facts.size,
    categories: categoryNames.length,
    numbers,
    features: PLACE_NUMBERS,
    categoryRows: facts.categories.map((_, place) => categoryIndex(facts, place)),
    visits: facts.visits,
    vectors: facts.vectors,
    adjacency: adjacencyOf(data, trajectories, config),
    ...(geography && { geography }),
    ...(config.season && { seasons: seasonMixture(periodCounts(checkIns, config.season.periods), config.season) }),
  };
  const sequences = trainingSequences(data, checkIns, trajectories, config);
  const trips = tripsAlong(
    shape.adjacency,
    flowMap(data, trajectories, { ...popularityOptions(config), formula: "counts" }),
  );
  const season = config.season && seasonFactors(data, config.season);
  return {
    checkIns,
    sequences,
    shape,
    facts,
    trips,
    ...(season && { season }),
    ...(hours && { hours }),
    ...(prior && { prior }),
  };
}

function factsOf(data: Interactions): { facts: PlaceFacts; categoryNames: readonly string[] } {
  const { catalog } = data;
  const size = catalog.items.size;
  const { categories, names } = leafCategories(catalog.itemColumns, size);
  const latitudeOf = catalog.itemColumns.latitudes;
  return {
    categoryNames: names,
    facts: {
      size,
      categories,
      categoryCount: names.length,
      vectors: placeVectors(catalog),
      latitudes: Float32Array.from({ length: size }, (_, place) => latitudeOf?.[place] ?? Number.NaN),
      visits: Float32Array.from(itemCounts(data)),
      ...placeZones(catalog),
    },
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
  { batchTargets, userDropout, sampledPlaces, nextTime, visits, season }: PoiConfig,
): BatchOptions {
  const periods = season?.periods ?? 12;
  return {
    facts,
    nextTime,
    visits,
    periods,
    batchTargets,
    userDropout,
    sampledPlaces,
    seen: new SeenPlaces(facts.size),
  };
}

/** The model with the network's weights as they are now. */
export function fittedModel(
  data: Interactions,
  { name, config }: PoiFit,
  { shape, facts, hours, prior, season, trips }: FitData,
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
    float("season.factors", season!.factors, [shape.places, periods]);
    const table = tensors.get("token.seasons.table")!.data as Float32Array;
    float("seasons", product(shape.seasons, table, periods, config.width), [periods, config.width]);
  }
  const widths = { "head.places": tokenWidth(config), "head.bias": 1, "places.vectors": config.width };
  const learned = { ...widths, ...(source && { "places.source": 1, "places.target": 1 }) };
  const tables = Object.entries(learned).map(([of, width]) => ({
    values: tensors.get(of)!.data as Float32Array,
    width,
  }));
  describeNewPlaces(tables, facts);
  tensors.set("facts.vectors", { shape: [shape.places, 3], data: facts.vectors });
  float("facts.visits", facts.visits, [shape.places]);
  float("facts.latitudes", facts.latitudes, [shape.places]);
  tensors.set("facts.categories", { shape: [shape.places], data: facts.categories });
  tensors.set("facts.zoneOf", { shape: [shape.places], data: facts.zoneOf });
  tensors.set("facts.zones", stringsTensor(facts.zones));
  if (prior !== undefined) float("geography.prior", prior.logRatios, [prior.logRatios.length]);
  for (const [of, tensor] of hours === undefined ? [] : hoursTensors(hours)) tensors.set(of, tensor);
  const { offsets, columnOf, values } = shape.adjacency;
  tensors.set("graph.offsets", { shape: [offsets.length], data: offsets });
  tensors.set("graph.columns", { shape: [columnOf.length], data: columnOf });
  float("graph.values", values, [values.length]);
  tensors.set("graph.trips", { shape: [values.length], data: trips });
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
