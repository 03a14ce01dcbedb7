import {
  EVALUATION,
  linearLayer,
  mlp,
  normal,
  softmaxCrossEntropy,
  squaredLoss,
  takeRows,
  tf,
  zeros,
  type Graph,
  type Parameters,
  type Pass,
  type SparseRows,
} from "@sequitur/nn";
import { sampledFacts, type SampledPlaces } from "../choice/sampled-places.js";
import { nextPlaceLoss, type ChoiceFacts, type ChoiceTensors } from "../choice/next-place-loss.js";
import { DISTANCE_STEPS, DistanceSteps } from "../choice/place-scores.js";
import type { PlaceGeography } from "../geography/place-geography.js";
import { VISIT_FEATURES } from "../history/visit-features.js";
import { tokenWidth, type PoiConfig } from "./config.js";
import { GAP_CLASSES, type Answers, type Asks, type Tokens } from "./encoded.js";
import { placeEncoder, type EncodedPlaces } from "./place-encoder.js";
import { sequenceEncoder } from "./sequence-encoder.js";

/** What the network is built over; plain numbers. */
export interface NetworkShape {
  readonly users: number;
  readonly places: number;
  /** Known categories; the tables have two rows more, for the start and the unknown. */
  readonly categories: number;
  /** (N, F) standardised numbers of the places. */
  readonly numbers: Float32Array;
  readonly features: number;
  /** (N) row of the category table. */
  readonly categoryRows: Int32Array;
  /** (N) check-ins in training. */
  readonly visits: Float32Array;
  readonly vectors: Float64Array;
  /** Row-normalised adjacency with self-loops. */
  readonly adjacency: SparseRows;
  /** (P, P) how each period of the year is made of those that training knows; absent: no season. */
  readonly seasons?: Float32Array;
  /** Absent: places have no coordinates, or they are not to be read. */
  readonly geography?: PlaceGeography;
}

export interface Batch {
  readonly tokens: Tokens;
  readonly asks: Asks;
  readonly answers: Answers;
  /** The places that are scored; absent: all. */
  readonly sampled?: SampledPlaces;
}

/** The network over its parameters. */
export interface PoiNetwork {
  /** The mean loss of a batch: place + timeLoss x time + categoryLoss x category. */
  readonly loss: (batch: Batch, pass: Pass) => tf.Scalar;
  /** Each loss alone, for reports and tests. */
  readonly losses: (batch: Batch, pass: Pass) => { place: tf.Scalar; time: tf.Scalar; category: tf.Scalar };
  /** What scoring needs of the places: computed once when the fit is over. */
  readonly encodedPlaces: () => { vectors: Float32Array; source?: Float32Array; target?: Float32Array };
  readonly dispose: () => void;
}

/** GETNext, and SEAGET with what it adds, as the config says. `graphOf` puts the adjacency on the backend. */
export function poiNetwork(
  parameters: Parameters,
  shape: NetworkShape,
  config: PoiConfig,
  graphOf: (matrix: SparseRows) => Graph,
): PoiNetwork {
  const adjacency = config.graph ? graphOf(shape.adjacency) : undefined;
  const encoder = placesOf(parameters, shape, config, adjacency);
  const encode = sequenceEncoder(parameters, shape, config);
  const choose = placeHead(parameters, shape, config);
  const others = timeAndCategoryHeads(parameters, shape, config);
  const losses: PoiNetwork["losses"] = (batch, pass) => {
    const { tokens, asks, answers } = batch;
    const places = encoder.encode(pass);
    const all = encode(tokens, places.vectors, pass);
    const states = takeRows(all, tf.tensor1d(asks.tokens, "int32")); // (M, D)
    return { place: choose(states, places, batch, pass), ...others(states, answers) };
  };
  return {
    losses,
    loss: (batch, pass) => {
      const { place, time, category } = losses(batch, pass);
      return tf.addN([place, tf.mul(time, config.timeLoss), tf.mul(category, config.categoryLoss)]) as tf.Scalar;
    },
    encodedPlaces: () =>
      tf.tidy(() => {
        const { vectors, map } = encoder.encode(EVALUATION);
        const plain = (tensor: tf.Tensor): Float32Array => (tensor.dataSync() as Float32Array).slice();
        return { vectors: plain(vectors), ...(map && { source: plain(map.source), target: plain(map.target) }) };
      }),
    dispose: () => {
      adjacency?.dispose();
      encoder.dispose();
    },
  };
}

/** The place encoder over the facts, which stay on the backend until it is disposed. */
function placesOf(parameters: Parameters, shape: NetworkShape, config: PoiConfig, adjacency: Graph | undefined) {
  const { width, dropout: dropoutRate, placeIds } = config;
  const numbers = tf.keep(tf.tensor2d(shape.numbers, [shape.places, shape.features]));
  const categories = tf.keep(tf.tensor1d(shape.categoryRows, "int32"));
  const met = shape.visits.map((count) => (count > 0 ? 1 : 0));
  const visited = placeIds ? tf.keep(tf.tensor2d(met, [shape.places, 1])) : undefined;
  const geography = shape.geography && keptGeography(shape.geography, shape.places);
  const encode = placeEncoder(parameters.scope("places"), {
    features: shape.features,
    categoryRows: shape.categories + 2,
    width,
    dropout: dropoutRate,
    ...(adjacency && { graph: adjacency }),
    ...(visited && { visited }),
    ...(geography && { geography }),
  });
  return {
    encode: (pass: Pass): EncodedPlaces => encode({ numbers, categories }, pass),
    dispose: () =>
      tf.dispose([
        numbers,
        categories,
        ...(visited ? [visited] : []),
        ...(geography ? [geography.tokens, geography.features] : []),
      ]),
  };
}

function keptGeography({ tokens, features, cells }: PlaceGeography, places: number) {
  return {
    tokens: tf.keep(tf.tensor2d(tokens, [places, tokens.length / places], "int32")),
    features: tf.keep(tf.tensor2d(features, [places, features.length / places])),
    cells,
  };
}

type PlaceLoss = (states: tf.Tensor2D, places: EncodedPlaces, batch: Batch, pass: Pass) => tf.Scalar;

/** The loss of the next place over a linear head, the map, distances and the user's own past. */
function placeHead(parameters: Parameters, shape: NetworkShape, config: PoiConfig): PlaceLoss {
  const d = tokenWidth(config);
  const head = parameters.scope("head");
  const table = head.create("places", [shape.places, d], normal(1 / Math.sqrt(d))) as tf.Tensor as tf.Tensor2D;
  const bias = head.create("bias", [shape.places], zeros) as tf.Tensor as tf.Tensor1D;
  const distance = config.distance ? distanceWeights(parameters) : undefined;
  const ownMass = config.visits > 0 ? ownMasses(parameters, config, d) : undefined;
  const steps = new DistanceSteps(shape.vectors);
  return (states, { map }, { asks, answers, sampled }, pass) => {
    const { lastPlaces, gapClasses, visitOffsets, visitPlaces } = asks;
    const past = { lastPlaces, gapClasses, visitOffsets, visitPlaces };
    const facts: ChoiceFacts = { answers: answers.places, ...past, adjacency: shape.adjacency, steps };
    const own = ownMass?.(states, asks, pass);
    const added = { ...(distance && { distance }), ...(own && { own }) };
    if (sampled === undefined) return nextPlaceLoss({ states, table, bias, ...(map && { map }), ...added }, facts);
    const rows = tf.tensor1d(sampled.places, "int32");
    const few = (vector: tf.Tensor1D): tf.Tensor1D =>
      tf.reshape(takeRows(tf.reshape(vector, [-1, 1]), rows), [-1]) as tf.Tensor1D;
    const choice: ChoiceTensors = {
      states,
      table: takeRows(table, rows),
      bias: tf.add(few(bias), tf.tensor1d(sampled.logWeights)),
      ...(map && { map: { source: map.source, target: few(map.target) } }),
      ...added,
    };
    return nextPlaceLoss(choice, sampledFacts(facts, sampled, shape.places));
  };
}

function distanceWeights(parameters: Parameters): tf.Tensor2D {
  const shape = [GAP_CLASSES, DISTANCE_STEPS];
  return parameters.scope("distance").create("weights", shape, zeros, { noDecay: true }) as tf.Tensor as tf.Tensor2D;
}

/** The squared error of the next time of day, and the cross-entropy of the next category. */
function timeAndCategoryHeads(
  parameters: Parameters,
  shape: NetworkShape,
  config: PoiConfig,
): (states: tf.Tensor2D, answers: Answers) => { time: tf.Scalar; category: tf.Scalar } {
  const d = tokenWidth(config);
  const head = parameters.scope("head");
  const rows = shape.categories + 2;
  const timeOf = linearLayer(head.scope("time"), { inputs: d, outputs: 1 });
  const table = head.create("categories", [rows, d], normal(1 / Math.sqrt(d))) as tf.Tensor as tf.Tensor2D;
  const bias = head.create("categoryBias", [rows], zeros) as tf.Tensor as tf.Tensor1D;
  return (states, { dayTimes, categories }) => ({
    time: squaredLoss(tf.reshape(timeOf(states), [-1]), tf.tensor1d(dayTimes)),
    category: softmaxCrossEntropy(states, table, tf.tensor1d(categories, "int32"), { bias }),
  });
}

/** ln mass of every past visit from its description, and of choosing anew from the state. */
function ownMasses(
  parameters: Parameters,
  { visitHidden }: PoiConfig,
  d: number,
): (states: tf.Tensor2D, asks: Asks, pass: Pass) => { masses: tf.Tensor1D; anew: tf.Tensor1D } {
  const scope = parameters.scope("visits");
  const massOf = mlp(scope.scope("mass"), { sizes: [VISIT_FEATURES, visitHidden, 1] });
  const anewOf = linearLayer(scope.scope("anew"), { inputs: d, outputs: 1 });
  return (states, { visitFeatures }, pass) => {
    const features = visitFeatures.length === 0 ? new Float32Array(VISIT_FEATURES) : visitFeatures;
    const rows = features.length / VISIT_FEATURES;
    return {
      masses: tf.reshape(massOf(tf.tensor2d(features, [rows, VISIT_FEATURES]), pass), [-1]) as tf.Tensor1D,
      anew: tf.reshape(anewOf(states), [-1]) as tf.Tensor1D,
    };
  };
}
