import { embeddingLayer, normal, type EmbeddingLayer, type Initializer, type Parameters, type tf } from "@sequitur/nn";
import type { Output } from "./objectives.js";
import type { TrainingConfig } from "./training-config.js";

/** From so many items on, a sampled loss updates only the rows that a step read. */
const SPARSE_FROM = 20_000;

/** Whether a table of so many items gets its gradient as rows. */
export function isSparse(size: number, loss: TrainingConfig["loss"]): boolean {
  return loss !== "softmax" && size >= SPARSE_FROM;
}

/**
 * The vectors that are read, and what scores the items: the same vectors when tied, else a table of its own. `counts` (N)
 * are the training interactions of each item.
 */
export function itemTables(
  parameters: Parameters,
  counts: Int32Array,
  config: Pick<TrainingConfig, "width" | "tied" | "loss" | "startLength">,
): { readonly items: EmbeddingLayer; readonly output: Output } {
  const { width, tied, loss } = config;
  const size = counts.length;
  const initializer = normal(startLengthOf(config) / Math.sqrt(width));
  const table = { size, width, sparse: isSparse(size, loss), initializer };
  const items = embeddingLayer(parameters.scope("items"), table);
  const scope = parameters.scope("output");
  const output = tied ? items : embeddingLayer(scope, table);
  if (loss !== "softmax") return { items, output: { table: output.table } };
  const bias = scope.create("bias", [size], atPopularity(counts)) as tf.Tensor as tf.Tensor1D;
  return { items, output: { table: output.table, bias } };
}

/**
 * About the length of an item's vector before training. Short ones learn faster where all items share the softmax and popularity
 * has its bias; sampled losses need the differences between long ones to start from.
 */
export function startLengthOf({ startLength, loss }: Pick<TrainingConfig, "startLength" | "loss">): number {
  return startLength ?? (loss === "softmax" ? 0.2 : 1);
}

/** A bias per item that starts with the log of its share, so that no step is spent on learning what is popular. */
export function atPopularity(counts: Int32Array): Initializer {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return () => Float32Array.from(counts, (count) => Math.log((count + 1) / (mean + 1)));
}

/** Name -> shape of the parameters above. */
export function itemTableShapes(
  size: number,
  { width, tied, loss }: Pick<TrainingConfig, "width" | "tied" | "loss">,
): [string, number[]][] {
  return [
    ["items.table", [size, width]],
    ...(tied ? [] : [["output.table", [size, width]] as [string, number[]]]),
    ...(loss === "softmax" ? [["output.bias", [size]] as [string, number[]]] : []),
  ];
}
