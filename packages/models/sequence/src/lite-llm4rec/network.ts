import { NONE, Random } from "@sequitur/core";
import { embedding, embeddingLayer, linearLayer, normal, tf, zeros, type Parameters, type Pass } from "@sequitur/nn";
import { causalEncoder } from "../sasrec/network.js";
import type { Objective, Output } from "../training/objectives.js";
import { atPopularity, isSparse, startLengthOf } from "../training/output-table.js";
import { flatStates, type SequenceNetwork } from "../training/sequence-network.js";
import type { LiteLlm4recConfig } from "./config.js";
import { digitDecoder } from "./digit-decoder.js";
import { allItems, localItems, type LocalItems } from "./local-items.js";

/** The text vectors (S, F) of some items in a training step. */
export interface TextVectors {
  /** F */
  readonly width: number;
  readonly of: (items: Int32Array, pass: Pass) => tf.Tensor2D;
}

/** P: (S, F) text vectors -> (S, D). Without a bias, so that an empty text adds nothing. */
export function textProjection(
  parameters: Parameters,
  from: number,
  config: Pick<LiteLlm4recConfig, "width" | "itemId" | "training" | "startLength" | "loss">,
): (x: tf.Tensor) => tf.Tensor {
  const { width, itemId, training } = config;
  // Beside ids kept texts add nothing at first: the model starts as its id-only twin. Elsewhere P has to pass on gradients.
  const startsEmpty = itemId && training === "staged";
  const initializer = startsEmpty ? zeros : normal(startLengthOf(config) / Math.sqrt(from * width));
  return linearLayer(parameters.scope("text.projection"), { inputs: from, outputs: width, bias: false, initializer });
}

/**
 * Both levels over their parameters: item vectors, causal blocks over them, and a head. `counts` (N) are the training
 * interactions of each item.
 */
export function liteNetwork(
  parameters: Parameters,
  counts: Int32Array,
  config: LiteLlm4recConfig,
  texts: TextVectors,
): SequenceNetwork {
  const { width, head, loss, idDropout } = config;
  const size = counts.length;
  const project = textProjection(parameters, texts.width, config);
  const initializer = normal(startLengthOf(config) / Math.sqrt(width));
  const sparse = isSparse(size, loss);
  const ids = config.itemId ? embeddingLayer(parameters.scope("ids"), { size, width, initializer, sparse }) : undefined;
  const encode = causalEncoder(parameters, config);
  const score = headOf(parameters, counts, config);
  const tied = head === "tied";
  const every = tied && loss === "softmax";
  return {
    loss: (batch, pass, objective) => {
      const local = every ? allItems(batch, size) : localItems(batch, tied);
      const shown = hidden(local.items, idDropout, pass);
      const fromText = project(texts.of(local.items, pass)) as tf.Tensor2D; // (S, D)
      const vectors: tf.Tensor2D = ids === undefined ? fromText : tf.add(fromText, ids.lookUp(shown));
      const read = embedding(vectors, tf.tensor2d(local.inputs, [batch.size, batch.length], "int32")) as tf.Tensor3D;
      const states = flatStates(encode(read, pass)); // (B L, D)
      return score({ states, local, shown, vectors }, objective, pass);
    },
  };
}

/** What a head scores in a step. */
interface Step {
  /** (M, D) */
  readonly states: tf.Tensor2D;
  readonly local: LocalItems;
  /** (S) int32 the items, -1 where an item's own parameters are hidden. */
  readonly shown: tf.Tensor1D;
  /** (S, D) */
  readonly vectors: tf.Tensor2D;
}

/** The head as the loss of a step. */
function headOf(
  parameters: Parameters,
  counts: Int32Array,
  config: LiteLlm4recConfig,
): (step: Step, objective: Objective, pass: Pass) => tf.Scalar {
  const { head, loss, width } = config;
  const size = counts.length;
  if (head === "generative") {
    const decode = digitDecoder(parameters.scope("decoder"), size, config);
    return ({ states, local }, _objective, pass) => decode(states, local.targets, pass);
  }
  const scope = parameters.scope("output");
  const bias =
    loss === "softmax" ? (scope.create("bias", [size], atPopularity(counts)) as tf.Tensor as tf.Tensor1D) : undefined;
  if (head === "free") {
    const { table } = embeddingLayer(scope, { size, width, initializer: normal(0.02), sparse: isSparse(size, loss) });
    const output: Output = { table, ...(bias && { bias }) };
    return ({ states, local: { targets, negatives } }, objective) => objective({ states, targets, negatives }, output);
  }
  return ({ states, local: { items, targets, negatives }, shown, vectors }, objective) => {
    const column = bias && (tf.reshape(bias, [size, 1]) as tf.Tensor2D);
    const shownBias = column && (tf.reshape(embedding(column, shown), [items.length]) as tf.Tensor1D);
    const output = { table: vectors, items, ...(shownBias && { bias: shownBias }) };
    return objective({ states, targets, negatives }, output);
  };
}

/** The items, with a random share hidden in training (DropoutNet, Volkovs et al. 2017). */
function hidden(items: Int32Array, share: number, pass: Pass): tf.Tensor1D {
  if (!pass.training || share === 0) return tf.tensor1d(items, "int32");
  const random = new Random(pass.nextKey());
  return tf.tensor1d(
    items.map((item) => (random.uniform() < share ? NONE : item)),
    "int32",
  );
}

/**
 * Learns text vectors by telling from an item's vector that of the next one, which needs no other network: the state is a
 * linear map of the item's vector. For batches of histories of one item.
 */
export function neighbourNetwork(
  parameters: Parameters,
  config: Pick<LiteLlm4recConfig, "width">,
  texts: TextVectors,
): SequenceNetwork {
  const { width } = config;
  const project = textProjection(parameters, texts.width, {
    width,
    itemId: false,
    training: "staged",
    startLength: 1,
    loss: "sampled-softmax",
  });
  const next = linearLayer(parameters.scope("next"), { inputs: width, outputs: width });
  return {
    loss: (batch, pass, objective) => {
      const { items, inputs, targets, negatives } = localItems(batch, true);
      const table = project(texts.of(items, pass)) as tf.Tensor2D;
      const states = next(embedding(table, tf.tensor1d(inputs, "int32"))) as tf.Tensor2D;
      return objective({ states, targets, negatives }, { table, items });
    },
  };
}
