import { embeddingLayer, zeros, type EmbeddingLayer, type Parameters, type tf } from "@sequitur/nn";
import type { Output } from "./objectives.js";
import type { TrainingConfig } from "./training-config.js";

/** From so many items on, a sampled loss updates only the rows that a step read. */
const SPARSE_FROM = 20_000;

/** Whether a table of so many items gets its gradient as rows. */
export function isSparse(size: number, loss: TrainingConfig["loss"]): boolean {
  return loss !== "softmax" && size >= SPARSE_FROM;
}

/** The vectors that are read, and what scores the items: the same vectors when tied, else a table of its own. */
export function itemTables(
  parameters: Parameters,
  size: number,
  { width, tied, loss }: Pick<TrainingConfig, "width" | "tied" | "loss">,
): { readonly items: EmbeddingLayer; readonly output: Output } {
  const sparse = isSparse(size, loss);
  const items = embeddingLayer(parameters.scope("items"), { size, width, sparse });
  const scope = parameters.scope("output");
  const { table } = tied ? items : embeddingLayer(scope, { size, width, sparse });
  if (loss !== "softmax") return { items, output: { table } };
  const bias = scope.create("bias", [size], zeros) as tf.Tensor as tf.Tensor1D;
  return { items, output: { table, bias } };
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
