import { dropout, learnedPositions, tf, transformer, type Parameters } from "@sequitur/nn";
import type { SequenceNetwork } from "../training/fit-network.js";
import { itemTables, itemTableShapes } from "../training/output-table.js";
import type { SasrecConfig } from "./config.js";

/** SASRec over its parameters: item vectors, positions, causal pre-norm blocks, a last norm. */
export function sasrecNetwork(parameters: Parameters, size: number, config: SasrecConfig): SequenceNetwork {
  const { width, maxLength, layers, heads, hidden, activation, positions, dropout: rate } = config;
  const { items, output } = itemTables(parameters, size, config);
  const learned = positions === "learned";
  const place = learned
    ? learnedPositions(parameters.scope("positions"), { length: maxLength, width })
    : (x: tf.Tensor3D) => x;
  const blocks = { layers, width, heads, hidden, activation, causal: true, dropout: rate, rotary: !learned };
  const encode = transformer(parameters.scope("encoder"), blocks);
  return {
    output,
    // Padding stands at the end, where causal attention lets no real position see it.
    encode: (histories, pass) => {
      const x = tf.mul(items.lookUp(histories), Math.sqrt(width)) as tf.Tensor3D; // (B, L, D)
      return encode(dropout(place(x), rate, pass), pass); // (B, L, D)
    },
  };
}

/** Name -> shape of every parameter of the network. */
export function sasrecShapes(size: number, config: SasrecConfig): Map<string, readonly number[]> {
  const { width, maxLength, layers, hidden, positions } = config;
  const shapes = new Map<string, readonly number[]>(itemTableShapes(size, config));
  if (positions === "learned") shapes.set("positions.table", [maxLength, width]);
  const linear = (name: string, inputs: number, outputs: number): void => {
    shapes.set(`${name}.weight`, [inputs, outputs]);
    shapes.set(`${name}.bias`, [outputs]);
  };
  const norm = (name: string): void => {
    shapes.set(`${name}.gain`, [width]);
    shapes.set(`${name}.bias`, [width]);
  };
  for (let layer = 0; layer < layers; layer++) {
    const block = `encoder.${layer}`;
    for (const map of ["query", "key", "value", "out"]) linear(`${block}.attention.${map}`, width, width);
    linear(`${block}.widen`, width, hidden);
    linear(`${block}.narrow`, hidden, width);
    norm(`${block}.attentionNorm`);
    norm(`${block}.feedNorm`);
  }
  norm("encoder.norm");
  return shapes;
}
