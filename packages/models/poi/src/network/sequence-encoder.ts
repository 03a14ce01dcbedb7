import { NONE } from "@sequitur/core";
import {
  dropout,
  embeddingLayer,
  linearLayer,
  sinusoidalPositions,
  takeRows,
  tf,
  time2vec,
  transformer,
  type Parameters,
  type Pass,
  type Scope,
} from "@sequitur/nn";
import { seasonLayer } from "../season/season-layer.js";
import { tokenWidth, type PoiConfig } from "./config.js";
import type { Tokens } from "./encoded.js";
import type { NetworkShape } from "./network.js";

const WEEK_HOURS = 168;

type Fuse = (parts: readonly tf.Tensor[]) => tf.Tensor;
/** A part of every token: (B L, D_part). */
type TokenPart = (tokens: Tokens, placeVectors: tf.Tensor2D) => tf.Tensor;

/**
 * Tokens to states after each token, (B L, D): fused embeddings, times sqrt(D), plus sinusoids, through post-norm blocks
 * that attend over time, never over the batch (the published code does the latter), and never to padding.
 */
export function sequenceEncoder(
  parameters: Parameters,
  shape: NetworkShape,
  config: PoiConfig,
): (tokens: Tokens, places: tf.Tensor2D, pass: Pass) => tf.Tensor2D {
  const { layers, heads, hidden, maxLength, dropout: dropoutRate } = config;
  const d = tokenWidth(config);
  const scope = parameters.scope("token");
  const parts = [
    userPlacePart(scope, shape, config),
    timeCategoryPart(scope, shape, config),
    ...(shape.seasons === undefined ? [] : [seasonPlacePart(scope, shape.seasons, config)]),
  ];
  const addPositions = sinusoidalPositions({ length: maxLength + 1, width: d });
  const blocks = transformer(parameters.scope("encoder"), {
    layers,
    width: d,
    heads,
    hidden,
    causal: true,
    dropout: dropoutRate,
    order: "post",
  });
  return (tokens, places, pass) => {
    const placeVectors = takeRows(places, indices(tokens.places)); // (B L, D_place)
    const fused = parts.map((part) => part(tokens, placeVectors));
    const token = tf.mul(tf.concat(fused, 1), Math.sqrt(d)); // (B L, D)
    const x = addPositions(tf.reshape(token, [tokens.size, tokens.length, d]) as tf.Tensor3D);
    const isReal = tokens.categories.map((row) => (row === NONE ? 0 : 1));
    const mask = tf.tensor2d(isReal, [tokens.size, tokens.length], "int32");
    return tf.reshape(blocks(dropout(x, dropoutRate, pass), pass, mask), [-1, d]) as tf.Tensor2D;
  };
}

/** [user, place]; the last row of the user table is for those unknown. */
function userPlacePart(scope: Scope, { users }: NetworkShape, { width, user: known }: PoiConfig): TokenPart {
  const unknown = known ? users : 0;
  const table = embeddingLayer(scope.scope("users"), { size: unknown + 1, width });
  const fuse = fusion(scope.scope("userPlace"), [width, width], 2 * width);
  return (tokens, placeVectors) => {
    const rows = tokens.users.map((user, at) =>
      tokens.categories[at] === NONE ? NONE : known && user >= 0 && user < users ? user : unknown,
    );
    return fuse([table.lookUp(indices(rows)), placeVectors]);
  };
}

/** [time, category] of the check-in, and time and hour of the week of the next one where it is given. */
function timeCategoryPart(scope: Scope, shape: NetworkShape, { timeWidth, nextTime }: PoiConfig): TokenPart {
  const given = nextTime === "given";
  const categories = embeddingLayer(scope.scope("categories"), { size: shape.categories + 2, width: timeWidth });
  const timeOf = time2vec(scope.scope("time"), timeWidth);
  const weekHours = given
    ? embeddingLayer(scope.scope("weekHours"), { size: WEEK_HOURS, width: timeWidth })
    : undefined;
  const sizes = Array.from({ length: given ? 4 : 2 }, () => timeWidth);
  const fuse = fusion(scope.scope("timeCategory"), sizes, 2 * timeWidth);
  return ({ dayTimes, categories: rows, nextDayTimes, nextWeekHours }) => {
    const next = weekHours && [timeOf(tf.tensor1d(nextDayTimes)), weekHours.lookUp(indices(nextWeekHours))];
    return fuse([timeOf(tf.tensor1d(dayTimes)), categories.lookUp(indices(rows)), ...(next ?? [])]);
  };
}

/** [season, place] */
function seasonPlacePart(scope: Scope, mixture: Float32Array, { width }: PoiConfig): TokenPart {
  const seasons = seasonLayer(scope.scope("seasons"), { mixture, width });
  const fuse = fusion(scope.scope("seasonPlace"), [width, width], 2 * width);
  return ({ periods }, placeVectors) => fuse([seasons(indices(periods)), placeVectors]);
}

/** LeakyReLU([x_0; x_1; ...] W + b): one map a part, summed, which is the map of their concatenation. */
function fusion(scope: Scope, inputs: readonly number[], outputs: number): Fuse {
  const maps = inputs.map((size, at) => linearLayer(scope.scope(`${at}`), { inputs: size, outputs, bias: at === 0 }));
  return (parts) => tf.leakyRelu(tf.addN(maps.map((map, at) => map(parts[at]!))), 0.2);
}

function indices(values: Int32Array): tf.Tensor1D {
  return tf.tensor1d(values, "int32");
}
