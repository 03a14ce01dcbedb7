import {
  dropout,
  embedding,
  embeddingLayer,
  glorotUniform,
  graphConv,
  linearLayer,
  normal,
  tf,
  type Graph,
  type Pass,
  type Scope,
} from "@sequitur/nn";

import { geographyLayer } from "../geography/geography-layer.js";

/** Widths of the graph's first layers, as published. */
const HIDDEN = [32, 64];

/** What is known of the places beside their category: (N, F) standardised numbers. */
export interface PlaceFeatures {
  readonly numbers: tf.Tensor2D;
  /** (N) row of the category table. */
  readonly categories: tf.Tensor1D;
}

/** Everything a step needs of the places. */
export interface EncodedPlaces {
  /** (N, D) */
  readonly vectors: tf.Tensor2D;
  /** (N) each: the vectors of the transition attention map; absent without a graph. */
  readonly map?: { readonly source: tf.Tensor1D; readonly target: tf.Tensor1D };
}

export interface PlaceEncoderOptions {
  readonly features: number;
  readonly categoryRows: number;
  readonly width: number;
  readonly dropout: number;
  /** Row-normalised adjacency with self-loops; absent: no graph, each place by itself. */
  readonly graph?: Graph;
  /** (N, 1) 1 for places that training met: only those have a free vector. Absent: none has. */
  readonly visited?: tf.Tensor2D;
  /** (N, R) cells and (N, 2F) Fourier features of the coordinates, with the rows of the cell table. */
  readonly geography?: { readonly tokens: tf.Tensor2D; readonly features: tf.Tensor2D; readonly cells: number };
}

/**
 * H0 = X; H_l+1 = LeakyReLU(A H_l W_l + b_l), the last layer without activation (GETNext, eq. 4-6). X = [numbers, one-hot
 * category]: the product with a one-hot vector is a row of a table. The transition attention map's vectors are X w_1 and
 * X w_2, W a_1 and W a_2 of the paper as one vector each.
 */
export function placeEncoder(
  scope: Scope,
  options: PlaceEncoderOptions,
): (places: PlaceFeatures, pass: Pass) => EncodedPlaces {
  const { features, categoryRows, width, graph: a, visited, geography, dropout: dropoutRate } = options;
  const sizes = [...HIDDEN, width];
  const firstNumbers = linearLayer(scope.scope("numbers"), { inputs: features, outputs: HIDDEN[0]! });
  const firstCategories = embeddingLayer(scope.scope("categories"), { size: categoryRows, width: HIDDEN[0]! });
  const later = sizes
    .slice(1)
    .map((outputs, at) => linearLayer(scope.scope(`layer${at + 1}`), { inputs: sizes[at]!, outputs }));
  const spread = (x: tf.Tensor2D): tf.Tensor2D => (a === undefined ? x : graphConv(a, x));
  const own =
    visited === undefined
      ? undefined
      : (scope.create("ids", [visited.shape[0], width], normal(0.02)) as tf.Tensor as tf.Tensor2D);
  const locate =
    geography &&
    geographyLayer(scope.scope("geography"), {
      cells: geography.cells,
      resolutions: geography.tokens.shape[1],
      frequencies: geography.features.shape[1] / 2,
      width,
    });
  const mapVector = (name: string): ((places: PlaceFeatures) => tf.Tensor1D) => {
    const own = scope.scope(name);
    const ofNumbers = linearLayer(own.scope("numbers"), { inputs: features, outputs: 1, initializer: glorotUniform });
    const table = embeddingLayer(own.scope("categories"), { size: categoryRows, width: 1, initializer: normal(0.1) });
    return ({ numbers, categories }) => tf.reshape(tf.add(ofNumbers(numbers), table.lookUp(categories)), [-1]);
  };
  const map = a && { source: mapVector("source"), target: mapVector("target") };
  return ({ numbers, categories }, pass) => {
    const x = tf.add(firstNumbers(numbers), embedding(firstCategories.table, categories)) as tf.Tensor2D;
    let h: tf.Tensor2D = tf.leakyRelu(spread(x), 0.2);
    later.forEach((map, at) => {
      const next = map(spread(h)) as tf.Tensor2D;
      h = at === later.length - 1 ? next : dropout(tf.leakyRelu(next, 0.2), dropoutRate, pass);
    });
    if (geography !== undefined) h = tf.add(h, locate!(geography.tokens, geography.features, pass));
    if (own !== undefined) h = tf.add(h, tf.mul(own, visited!));
    if (map === undefined) return { vectors: h };
    const places = { numbers, categories };
    return { vectors: h, map: { source: map.source(places), target: map.target(places) } };
  };
}
