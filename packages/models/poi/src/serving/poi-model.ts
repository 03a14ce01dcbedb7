import { NONE, sliceQueries, type Catalog, type QueryBatch, type Tensor } from "@sequitur/core";
import type { SparseRows, Weights } from "@sequitur/nn";
import type { Artifact, Model } from "@sequitur/recommender";
import { addDistancePrior } from "../geography/distance-prior.js";
import { distancesKm } from "../geography/distance.js";
import { suppressClosed } from "../hours/closed-places.js";
import type { PlaceHours } from "../hours/place-hours.js";
import { mixInto } from "../choice/mixture.js";
import { addPlaceTerms, type DistanceSteps, type PlaceTerms } from "../choice/place-scores.js";
import type { CheckIns, Sequence } from "../history/check-ins.js";
import type { PlaceFacts } from "../history/places.js";
import { SeenPlaces } from "../history/visit-features.js";
import { tokenWidth, type PoiConfig } from "../network/config.js";
import { encodeAsks, encodeTokens, type Asks, type EncodeOptions } from "../network/encoded.js";
import { queriesByLength, readQueries, sequenceOf, visitOf } from "./queries.js";
import { Forward, type ForwardShape } from "./forward.js";
import type { SeasonFactors } from "../season/season-factors.js";
import type { PlaceExplanation } from "../explain/explain-place.js";
import { explainQuery, placesWithin, type Reach } from "./place-knowledge.js";

/** A fitted next-place model. */
export interface PoiModel extends Model {
  /** Why it would send the user of a query to each item, in numbers: see `PlaceExplanation`. */
  explain(batch: QueryBatch, query: number, items: ArrayLike<number>): PlaceExplanation[];
  /** Items within reach, to be given to `score` or `recommend` as candidates. */
  placesWithin(reach: Reach): Int32Array;
  /** Frees its memory in the scoring engine at once, not when it is collected. */
  release(): void;
}

/** What a model is made of. */
export interface PoiParts {
  readonly name: string;
  readonly config: PoiConfig;
  readonly catalog: Catalog;
  readonly facts: PlaceFacts;
  readonly adjacency: SparseRows;
  readonly steps: DistanceSteps;
  /** Training trips along each edge of the adjacency. */
  readonly trips: Int32Array;
  /** Absent where seasons are off. */
  readonly season?: Pick<SeasonFactors, "periods" | "factors">;
  /** Absent where opening hours are off. */
  readonly hours?: PlaceHours;
  /** Everything an artifact stores, by name. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly weights: Weights;
}

/** Tokens that are encoded at once. */
const TOKENS = 4096;
/** Scores that are computed at once. */
const SCORES = 1 << 20;

/** The model of the parts: score = ln P(place is next). */
export function poiModel(parts: PoiParts): PoiModel {
  const { name, config, catalog, tensors, weights } = parts;
  const sorted = new Map([...tensors].sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    name,
    catalog,
    score: (batch, candidates) => scoreBatch(parts, batch, candidates),
    save: (): Artifact => ({ model: name, config, catalog, tensors: sorted }),
    explain: (batch, query, items) => explainItems(parts, batch, query, items),
    placesWithin: (reach) => placesWithin(parts.facts.vectors, parts.hours, reach),
    release: () => weights.release(),
  };
}

function scoreBatch(parts: PoiParts, batch: QueryBatch, candidates?: Int32Array): Float32Array {
  const { config, facts, catalog } = parts;
  const places = catalog.items.size;
  const columns = candidates?.length ?? places;
  const scores = new Float32Array(batch.size * columns);
  const queries = readQueries(batch, facts, config);
  const options = encodeOptions(parts);
  for (const [length, alike] of queriesByLength(batch, config.maxLength)) {
    const at = Math.max(1, Math.min(Math.floor(TOKENS / length), Math.floor(SCORES / places)));
    for (let from = 0; from < alike.length; from += at) {
      const part = alike.slice(from, from + at);
      const sequences = part.map((query) => sequenceOf(queries, query, facts, config));
      scoreSequences(parts, queries.checkIns, sequences, options, (b, row, dayTime) => {
        if (parts.hours !== undefined) {
          const visit = visitOf(queries, part[b]!, config, dayTime);
          if (visit !== undefined) suppressClosed(row, parts.hours, visit, config.hours);
        }
        const out = scores.subarray(part[b]! * columns, (part[b]! + 1) * columns);
        if (candidates === undefined) out.set(row);
        else candidates.forEach((item, column) => (out[column] = row[item]!));
      });
    }
  }
  return scores;
}

function explainItems(parts: PoiParts, batch: QueryBatch, query: number, items: ArrayLike<number>): PlaceExplanation[] {
  const { config, facts, weights, catalog } = parts;
  const one = sliceQueries(batch, query, query + 1);
  const queries = readQueries(one, facts, config);
  const tokens = encodeTokens(queries.checkIns, [sequenceOf(queries, 0, facts, config)], encodeOptions(parts));
  const predicted = weights.engine.memory.withScratch((scratch) => {
    const shape: ForwardShape = { config, users: catalog.users.size, width: tokenWidth(config) };
    const forward = new Forward(weights, shape, scratch);
    return visitOf(queries, 0, config, forward.nextDayTimes(forward.states(tokens))[0]!);
  });
  const visit = predicted ?? { instant: one.now[0]!, utcOffsetMinutes: queries.offsets[0]! };
  return Array.from(items, (item) => explainQuery(parts, one, 0, item, visit));
}

function encodeOptions({ config, facts }: PoiParts): EncodeOptions {
  return {
    facts,
    nextTime: config.nextTime,
    visits: config.visits,
    periods: config.season?.periods ?? 12,
    seen: new SeenPlaces(facts.size),
  };
}

/** Gives each sequence's row of ln P (N) and the time of day at which it is expected; the row is valid during the call. */
function scoreSequences(
  parts: PoiParts,
  checkIns: CheckIns,
  sequences: readonly Sequence[],
  options: EncodeOptions,
  take: (b: number, row: Float32Array, dayTime: number) => void,
): void {
  const { weights, facts } = parts;
  const width = tokenWidth(parts.config);
  const { memory, kernels } = weights.engine;
  const terms = placeTerms(parts);
  const tokens = encodeTokens(checkIns, sequences, options);
  const asks = encodeAsks(checkIns, sequences, ({ from, to }) => to - from, tokens.length, options);
  memory.withScratch((scratch) => {
    const shape: ForwardShape = { config: parts.config, users: parts.catalog.users.size, width };
    const forward = new Forward(weights, shape, scratch);
    const states = forward.states(tokens);
    const scores = scratch.floats(sequences.length * facts.size);
    const table = weights.get("head.places");
    kernels.matmul(scores, states, table, { m: sequences.length, n: facts.size, k: width, transposeB: true });
    const dayTimes = forward.nextDayTimes(states);
    const own = parts.config.visits > 0 ? forward.masses(asks.visitFeatures, states, sequences.length) : undefined;
    sequences.forEach((_, b) => {
      const row = scores.array.subarray(b * facts.size, (b + 1) * facts.size);
      addPlaceTerms(row, terms, asks.lastPlaces[b]!, asks.gapClasses[b]!);
      addPrior(parts, row, asks.lastPlaces[b]!, asks.gaps[b]!);
      toLogSoftmax(row);
      if (own !== undefined) mixInto(row, mixtureOf(asks, own, b));
      take(b, row, dayTimes[b]!);
    });
  });
}

function mixtureOf(asks: Asks, { masses, anew }: { masses: Float32Array; anew: Float32Array }, b: number) {
  const { visitPlaces, visitOffsets } = asks;
  return { masses, places: visitPlaces, from: visitOffsets[b]!, to: visitOffsets[b + 1]!, anew: anew[b]! };
}

function placeTerms({ weights, adjacency, steps }: PoiParts): PlaceTerms {
  const read = (name: string): Float32Array => weights.get(name).array;
  const [source, distances] = [weights.find("places.source"), weights.find("distance.weights")];
  return {
    bias: read("head.bias"),
    ...(source && { map: { source: source.array, target: read("places.target"), adjacency } }),
    ...(distances && { distance: { weights: distances.array, steps } }),
  };
}

/** Adds the distance prior of training trips to a row of scores, where the config gives it a weight. */
function addPrior({ config, weights, facts }: PoiParts, row: Float32Array, last: number, gapMs: number): void {
  const weight = config.geography?.priorWeight ?? 0;
  if (weight === 0 || last === NONE) return;
  const km = new Float32Array(row.length);
  distancesKm(km, last, facts.vectors);
  addDistancePrior(row, km, { trips: 0, logRatios: weights.get("geography.prior").array }, { gapMs, weight });
}

/** row -= ln sum e^row. */
function toLogSoftmax(row: Float32Array): void {
  let most = -Infinity;
  for (const value of row) if (value > most) most = value;
  let sum = 0;
  for (const value of row) sum += Math.exp(value - most);
  const shift = most + Math.log(sum);
  for (let at = 0; at < row.length; at++) row[at]! -= shift;
}
