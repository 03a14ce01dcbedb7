import { dropout, gruLayer, linearLayer, type Parameters, type tf } from "@sequitur/nn";
import { itemTables, itemTableShapes } from "../training/output-table.js";
import { readingNetwork, type SequenceNetwork } from "../training/sequence-network.js";
import { laneCount } from "../training/lane-batches.js";
import type { Gru4recConfig } from "./config.js";
import { laneStates } from "./lane-states.js";

/** GRU4Rec over its parameters: item vectors, GRUs, a map to the width of the item vectors. */
export function gru4recNetwork(parameters: Parameters, counts: Int32Array, config: Gru4recConfig): SequenceNetwork {
  const { width, layers, hidden, dropout: dropoutRate } = config;
  const { items, output } = itemTables(parameters, counts, config);
  const lanes = laneCount(config, config.laneSteps);
  const grus = Array.from({ length: layers }, (_, layer) => ({
    read: gruLayer(parameters.scope(`gru.${layer}`), { inputs: layer === 0 ? width : hidden, hidden }),
    kept: config.batches === "lanes" ? laneStates(parameters.scope(`lanes.${layer}`), { lanes, hidden }) : undefined,
  }));
  const project = linearLayer(parameters.scope("project"), { inputs: hidden, outputs: width });
  // Padding stands at the end, where no real state comes after it.
  return readingNetwork(output, (histories, pass, { lanes: rows }) => {
    let h = items.lookUp(histories) as tf.Tensor3D; // (B, L, D)
    for (const { read, kept } of grus) {
      h = read(dropout(h, dropoutRate, pass), kept && rows && { initial: kept.read(rows) }); // (B, L, H)
      if (rows) kept?.write(rows, h);
    }
    return project(dropout(h, dropoutRate, pass)) as tf.Tensor3D; // (B, L, D)
  });
}

/** Name -> shape of every parameter of the network. */
export function gru4recShapes(size: number, config: Gru4recConfig): Map<string, readonly number[]> {
  const { width, layers, hidden } = config;
  const shapes = new Map<string, readonly number[]>(itemTableShapes(size, config));
  for (let layer = 0; layer < layers; layer++) {
    shapes.set(`gru.${layer}.input`, [layer === 0 ? width : hidden, 3 * hidden]);
    shapes.set(`gru.${layer}.recurrent`, [hidden, 3 * hidden]);
    shapes.set(`gru.${layer}.inputBias`, [3 * hidden]);
    shapes.set(`gru.${layer}.recurrentBias`, [3 * hidden]);
  }
  shapes.set("project.weight", [hidden, width]);
  shapes.set("project.bias", [width]);
  return shapes;
}
