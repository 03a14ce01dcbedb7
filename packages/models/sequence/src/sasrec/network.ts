import {
  dropout,
  embeddingLayer,
  learnedPositions,
  tf,
  transformer,
  zeros,
  type Parameters,
  type Pass,
  type Scope,
} from "@sequitur/nn";
import { INTERVALS } from "../intervals.js";
import { itemTables, itemTableShapes } from "../training/output-table.js";
import { readingNetwork, type SequenceNetwork } from "../training/sequence-network.js";
import type { CausalConfig, SasrecConfig } from "./config.js";

/** SASRec over its parameters: item vectors, positions, causal pre-norm blocks, a last norm. */
export function sasrecNetwork(parameters: Parameters, counts: Int32Array, config: SasrecConfig): SequenceNetwork {
  const { items, output } = itemTables(parameters, counts, config);
  const since = config.intervals
    ? embeddingLayer(parameters.scope("intervals"), { size: INTERVALS, width: config.width, initializer: zeros })
    : undefined;
  const encode = causalEncoder(parameters, config);
  return readingNetwork(output, (histories, pass, { size: rows, length, intervals }) => {
    const vectors = items.lookUp(histories) as tf.Tensor3D; // (B, L, D)
    if (since === undefined) return encode(vectors, pass);
    const gaps = since.lookUp(tf.tensor2d(intervals!, [rows, length], "int32"));
    return encode(tf.add(vectors, gaps), pass);
  });
}

/** Item vectors (B, L, D) -> the states after each (B, L, D): scaled, placed, through causal blocks and a last norm. */
export function causalEncoder(
  parameters: Scope,
  config: CausalConfig,
): (vectors: tf.Tensor3D, pass: Pass) => tf.Tensor3D {
  const { width, maxLength, layers, heads, hidden, activation, positions, dropout: dropoutRate } = config;
  const learned = positions === "learned";
  const place = learned
    ? learnedPositions(parameters.scope("positions"), { length: maxLength, width })
    : (x: tf.Tensor3D) => x;
  const blocks = { layers, width, heads, hidden, activation, causal: true, dropout: dropoutRate, rotary: !learned };
  const encode = transformer(parameters.scope("encoder"), blocks);
  return (vectors, pass) => {
    const x = tf.mul(vectors, Math.sqrt(width)) as tf.Tensor3D;
    // Padding stands at the end, where causal attention lets no real position see it.
    return encode(dropout(place(x), dropoutRate, pass), pass);
  };
}

/** Name -> shape of every parameter of the network. */
export function sasrecShapes(size: number, config: SasrecConfig): Map<string, readonly number[]> {
  const shapes = new Map([...itemTableShapes(size, config), ...causalEncoderShapes(config)]);
  return config.intervals ? shapes.set("intervals.table", [INTERVALS, config.width]) : shapes;
}

/** Name -> shape of the parameters of `causalEncoder`. */
export function causalEncoderShapes({
  width,
  maxLength,
  layers,
  hidden,
  positions,
}: CausalConfig): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  if (positions === "learned") shapes.set("positions.table", [maxLength, width]);
  transformerShapes(shapes, "encoder", { width, layers, hidden });
  return shapes;
}

/** Adds the shapes of a pre-norm transformer's parameters in a scope. */
export function transformerShapes(
  shapes: Map<string, readonly number[]>,
  scope: string,
  {
    width,
    layers,
    hidden,
    lastNorm = true,
  }: { readonly width: number; readonly layers: number; readonly hidden: number; readonly lastNorm?: boolean },
): void {
  const linear = (name: string, inputs: number, outputs: number): void => {
    shapes.set(`${name}.weight`, [inputs, outputs]);
    shapes.set(`${name}.bias`, [outputs]);
  };
  const norm = (name: string): void => {
    shapes.set(`${name}.gain`, [width]);
    shapes.set(`${name}.bias`, [width]);
  };
  for (let layer = 0; layer < layers; layer++) {
    const block = `${scope}.${layer}`;
    for (const map of ["query", "key", "value", "out"]) linear(`${block}.attention.${map}`, width, width);
    linear(`${block}.widen`, width, hidden);
    linear(`${block}.narrow`, hidden, width);
    norm(`${block}.attentionNorm`);
    norm(`${block}.feedNorm`);
  }
  if (lastNorm) norm(`${scope}.norm`);
}
