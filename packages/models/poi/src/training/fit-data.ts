import { itemCounts, type Interactions, type Random } from "@sequitur/core";
import type { SparseRows } from "@sequitur/nn";
import { distancePrior, type DistancePrior } from "../geography/distance-prior.js";
import { placeGeography } from "../geography/place-geography.js";
import { flowMap, rowNormalised, selfLoops, tripsAlong } from "../graph/flow-map.js";
import { checkInsOf, type CheckIns, type Sequence } from "../history/check-ins.js";
import { leafCategories, placeVectors, placeZones, type PlaceFacts } from "../history/places.js";
import { fitHours } from "../hours/fit-hours.js";
import type { PlaceHours } from "../hours/place-hours.js";
import type { PoiConfig } from "../network/config.js";
import { categoryIndex, periodIn } from "../network/encoded.js";
import type { NetworkShape } from "../network/network.js";
import { placePopularity } from "../popularity/popularity.js";
import { seasonFactors, type SeasonFactors } from "../season/season-factors.js";
import { seasonMixture } from "../season/season-mixture.js";
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

/** Reads training data into what the network is built over and trained on. */
export function readData(data: Interactions, { config }: PoiFit, random: Random): FitData {
  const { facts, categoryNames } = factsOf(data);
  const hours = config.hours.form === "off" ? undefined : fitHours(data, config.hours);
  const weight = config.geography?.priorWeight ?? 0;
  const prior = weight > 0 ? distancePrior(data, facts.vectors, random.fork("prior")) : undefined;
  const trajectories = trajectoriesOf(data, config.sessionGapHours);
  const checkIns = checkInsOf(data.items, data.times, userStarts(data), trainingOffsets(data, facts), {
    latitudes: facts.latitudes,
    linkHours: config.sessionGapHours,
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
