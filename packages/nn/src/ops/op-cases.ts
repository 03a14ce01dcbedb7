import { Random } from "@sequitur/core";
import { tf } from "../tensors.js";
import {
  attention,
  composedAttention,
  composedPackedAttention,
  packedAttention,
  type AttentionOptions,
} from "./attention.js";
import { composedSoftmaxCrossEntropy, softmaxCrossEntropy } from "./cross-entropy.js";
import { composedDropout, dropout } from "./dropout.js";
import { composedEmbedding, embedding } from "./embedding.js";
import { composedGraphConv, graph, graphConv, type Graph, type SparseRows } from "./graph.js";
import { composedGru, gru, type GruWeights } from "./gru.js";
import { composedLinear, linear } from "./linear.js";
import { composedLayerNorm, composedRmsNorm, layerNorm, rmsNorm } from "./normalise.js";
import { composedRotate, rotate } from "./rotary.js";
import {
  composedSampledLoss,
  composedScoreRows,
  sampledBce,
  sampledBpr,
  sampledGbce,
  sampledSoftmax,
  scoreRows,
} from "./sampled.js";

type Vector = tf.Tensor1D;
type Matrix = tf.Tensor2D;
type Cube = tf.Tensor3D;
type Body = (...inputs: tf.Tensor[]) => tf.Tensor;

/** An operation, its composed twin and the shapes of what they differentiate. */
export interface Twins {
  readonly shapes: readonly (readonly number[])[];
  readonly op: Body;
  readonly composed: Body;
}

const ints = (...values: number[]): Vector => tf.tensor1d(values, "int32");
const mask = (...rows: number[][]): Matrix => tf.tensor2d(rows, undefined, "int32");

function linearCase(activation: "none" | "relu" | "gelu" | "silu" | "leakyRelu" | "tanh" | "sigmoid"): Twins {
  return {
    shapes: [[3, 2, 5], [5, 7], [7]],
    op: (x, w, b) => linear(x, w as Matrix, { bias: b as Vector, activation }),
    composed: (x, w, b) => composedLinear(x, w as Matrix, { bias: b as Vector, activation }),
  };
}

function attentionCase(shape: number[], heads: number, more: () => Omit<AttentionOptions, "heads">): Twins {
  return {
    shapes: [shape, shape, shape],
    op: (q, k, v) => attention(q as Cube, k as Cube, v as Cube, { heads, ...more() }),
    composed: (q, k, v) => composedAttention(q as Cube, k as Cube, v as Cube, { heads, ...more() }),
  };
}

function packedCase(shape: number[], more: () => Omit<AttentionOptions, "heads">): Twins {
  return {
    shapes: [shape],
    op: (x) => packedAttention(x as Cube, { heads: 2, ...more() }),
    composed: (x) => composedPackedAttention(x as Cube, { heads: 2, ...more() }),
  };
}

function gruCase(batch: number, length: number, inputs: number, hidden: number, masked?: () => Matrix): Twins {
  const weights = ([input, recurrent, inputBias, recurrentBias]: tf.Tensor[]): GruWeights =>
    ({ input, recurrent, inputBias, recurrentBias }) as unknown as GruWeights;
  const start = (initial: tf.Tensor) => ({ initial: initial as Matrix, ...(masked && { mask: masked() }) });
  return {
    shapes: [
      [batch, length, inputs],
      [batch, hidden],
      [inputs, 3 * hidden],
      [hidden, 3 * hidden],
      [3 * hidden],
      [3 * hidden],
    ],
    op: (x, initial, ...rest) => gru(x as Cube, weights(rest), start(initial)),
    composed: (x, initial, ...rest) => composedGru(x as Cube, weights(rest), start(initial)),
  };
}

type SampledKind = "softmax" | "log Q" | "bpr" | "bce" | "gbce";

function sampledCase(kind: SampledKind, negatives: () => Vector | Matrix): Twins {
  const sampled = () => ({ targets: ints(2, 0, -1, 5), negatives: negatives() });
  const logQ = (): Vector => tf.tensor1d([-1, -2, -3, -1.5, -0.5, -4, -2.5, -1, -3]);
  return {
    shapes: [
      [4, 5],
      [9, 5],
    ],
    op: (x, t) => {
      const [states, table] = [x as Matrix, t as Matrix];
      if (kind === "bpr") return sampledBpr(states, table, sampled());
      if (kind === "bce") return sampledBce(states, table, sampled());
      if (kind === "gbce") return sampledGbce(states, table, sampled(), { population: 8 });
      return sampledSoftmax(states, table, sampled(), kind === "log Q" ? { logQ: logQ() } : {});
    },
    composed: (x, t) => {
      const [states, table] = [x as Matrix, t as Matrix];
      if (kind === "bpr") return composedSampledLoss(states, table, sampled(), { kind });
      if (kind === "bce") return composedSampledLoss(states, table, sampled(), { kind, beta: 1 });
      // Three of eight are drawn: beta = 3/8 (0.75 (1 - 8/3) + 8/3).
      if (kind === "gbce") return composedSampledLoss(states, table, sampled(), { kind: "bce", beta: 0.53125 });
      const formula = { kind: "softmax", logQ: kind === "log Q" ? logQ() : undefined } as const;
      return composedSampledLoss(states, table, sampled(), formula);
    },
  };
}

/** 4 x 6 with an empty row, a full one, and a column that nothing refers to. */
const MATRIX: SparseRows = {
  rows: 4,
  columns: 6,
  offsets: Int32Array.of(0, 2, 2, 7, 8),
  columnOf: Int32Array.of(1, 4, 0, 1, 2, 3, 4, 2),
  values: Float32Array.of(0.5, -1, 2, 0.25, 1, -0.5, 3, 0.1),
};

/** The matrix on each backend, made once. */
const graphs = new Map<string, Graph>();
function theGraph(): Graph {
  const name = tf.getBackend();
  const known = graphs.get(name) ?? graph(MATRIX);
  graphs.set(name, known);
  return known;
}

/** Every operation with two bodies, at small and awkward shapes; for tests. */
export const OP_CASES: Record<string, Twins> = {
  "linear, no bias": {
    shapes: [
      [6, 5],
      [5, 3],
    ],
    op: (x, w) => linear(x, w as Matrix),
    composed: (x, w) => composedLinear(x, w as Matrix),
  },
  "linear + relu": linearCase("relu"),
  "linear + gelu": linearCase("gelu"),
  "linear + silu": linearCase("silu"),
  "linear + leaky relu": linearCase("leakyRelu"),
  "linear + tanh": linearCase("tanh"),
  "linear + sigmoid": linearCase("sigmoid"),
  "layer norm": {
    shapes: [[3, 2, 7], [7], [7]],
    op: (x, g, b) => layerNorm(x, g as Vector, b as Vector),
    composed: (x, g, b) => composedLayerNorm(x, g as Vector, b as Vector),
  },
  "rms norm": {
    shapes: [[5, 6], [6]],
    op: (x, g) => rmsNorm(x, g as Vector),
    composed: (x, g) => composedRmsNorm(x, g as Vector),
  },
  dropout: {
    shapes: [[3, 7]],
    op: (x) => dropout(x, 0.4, { training: true, nextKey: () => 77 }),
    composed: (x) => composedDropout(x, { rate: 0.4, seed: 77, counter: 0 }),
  },
  "attention, one head": attentionCase([2, 3, 4], 1, () => ({})),
  "attention, causal, odd sizes": attentionCase([2, 7, 9], 3, () => ({ causal: true })),
  "attention, padding on the left": attentionCase([2, 5, 6], 2, () => ({
    causal: true,
    mask: mask([0, 0, 1, 1, 1], [1, 1, 1, 1, 1]),
  })),
  "attention, padding on the right, a row of padding": attentionCase([3, 4, 4], 2, () => ({
    mask: mask([1, 1, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]),
  })),
  "attention, dropout": attentionCase([2, 5, 6], 2, () => ({
    causal: true,
    mask: mask([0, 1, 1, 1, 1], [1, 1, 1, 1, 1]),
    dropout: { rate: 0.3, seed: 5, counter: 0 },
  })),
  "attention, packed": packedCase([2, 5, 18], () => ({ causal: true, mask: mask([0, 0, 1, 1, 1], [1, 1, 1, 1, 1]) })),
  "attention, packed, dropout": packedCase([1, 4, 12], () => ({ dropout: { rate: 0.4, seed: 9, counter: 0 } })),
  "attention, a single position": attentionCase([1, 1, 4], 1, () => ({ causal: true })),
  gru: gruCase(2, 5, 3, 4),
  "gru, odd sizes": gruCase(3, 3, 5, 7),
  "gru, padding on both sides": gruCase(2, 4, 3, 5, () => mask([0, 0, 1, 1], [1, 1, 1, 0])),
  "gru, one step": gruCase(1, 1, 2, 3),
  embedding: {
    shapes: [[6, 5]],
    op: (table) => embedding(table as Matrix, mask([0, 5, 5], [-1, 2, 0])),
    composed: (table) => composedEmbedding(table as Matrix, mask([0, 5, 5], [-1, 2, 0])),
  },
  "softmax cross-entropy": {
    shapes: [
      [5, 6],
      [11, 6],
    ],
    op: (x, table) => softmaxCrossEntropy(x as Matrix, table as Matrix, ints(0, 10, -1, 3, 3)),
    composed: (x, table) => composedSoftmaxCrossEntropy(x as Matrix, table as Matrix, ints(0, 10, -1, 3, 3)),
  },
  "softmax cross-entropy with bias": {
    shapes: [[3, 4], [7, 4], [7]],
    op: (x, table, b) => softmaxCrossEntropy(x as Matrix, table as Matrix, ints(6, 0, 2), { bias: b as Vector }),
    composed: (x, table, b) =>
      composedSoftmaxCrossEntropy(x as Matrix, table as Matrix, ints(6, 0, 2), { bias: b as Vector }),
  },
  "softmax cross-entropy of padding alone": {
    shapes: [
      [2, 4],
      [3, 4],
    ],
    op: (x, table) => softmaxCrossEntropy(x as Matrix, table as Matrix, ints(-1, -1)),
    composed: (x, table) => composedSoftmaxCrossEntropy(x as Matrix, table as Matrix, ints(-1, -1)),
  },
  "sampled softmax, shared negatives": sampledCase("softmax", () => ints(1, 2, 2, 8, 0)),
  "sampled softmax, padding among shared negatives": sampledCase("softmax", () => ints(1, -1, 8)),
  "sampled softmax, shared negatives, log Q": sampledCase("log Q", () => ints(1, 2, 7)),
  "sampled softmax, own negatives, log Q": sampledCase("log Q", () => mask([1, 2], [3, -1], [0, 0], [8, 8])),
  "sampled bpr, shared negatives": sampledCase("bpr", () => ints(1, 2, 7, 4)),
  "sampled bpr, own negatives": sampledCase("bpr", () => mask([1, 2], [-1, -1], [0, 0], [8, 5])),
  "sampled bce, shared negatives": sampledCase("bce", () => ints(1, 2, 7)),
  "sampled gbce, own negatives": sampledCase("gbce", () => mask([1, 2, 0], [3, -1, 4], [0, 0, 1], [8, 5, 5])),
  "scores of rows": {
    shapes: [
      [3, 5],
      [7, 5],
    ],
    op: (x, table) => scoreRows(x as Matrix, table as Matrix, mask([1, 6], [0, 0], [-1, 2])),
    composed: (x, table) => composedScoreRows(x as Matrix, table as Matrix, mask([1, 6], [0, 0], [-1, 2])),
  },
  "graph convolution": {
    shapes: [[6, 5]],
    op: (x) => graphConv(theGraph(), x as Matrix),
    composed: (x) => composedGraphConv(theGraph(), x as Matrix),
  },
  "rotary positions": {
    shapes: [[2, 3, 8]],
    op: (x) => rotate(x as Cube, { heads: 2, from: 4 }),
    composed: (x) => composedRotate(x as Cube, { heads: 2, from: 4 }),
  },
  "rotary positions of two heads in three": {
    shapes: [[2, 3, 12]],
    op: (x) => rotate(x as Cube, { heads: 3, turned: 2 }),
    composed: (x) => composedRotate(x as Cube, { heads: 3, turned: 2 }),
  },
};

/** Normal draws that depend on the name alone. */
export const valuesOf = (shape: readonly number[], name: string): Float32Array => {
  const random = new Random(name);
  return Float32Array.from({ length: shape.reduce((all, size) => all * size, 1) }, () => 0.8 * random.normal());
};

/** The output and then each gradient, for a fixed weighting of the output. */
export function outcome({ shapes }: Twins, body: Body, name: string): Float32Array[] {
  const results: Float32Array[] = [];
  tf.tidy(() => {
    const inputs = shapes.map((shape, i) => tf.tensor(valuesOf(shape, `${name} ${i}`), [...shape]));
    results.push((body(...inputs).dataSync() as Float32Array).slice());
    const weighed = (...xs: tf.Tensor[]): tf.Scalar => {
      const y = body(...xs);
      return tf.sum(tf.mul(y, tf.tensor(valuesOf(y.shape, `${name} weighting`), y.shape)));
    };
    for (const gradient of tf.grads(weighed)(inputs)) results.push((gradient.dataSync() as Float32Array).slice());
  });
  return results;
}

/** |a - b| / |b|, Euclidean, over all outcomes together. */
export function distance(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  let [difference, size] = [0, 0];
  a.forEach((values, i) => {
    if (values.length !== b[i].length) difference = Number.POSITIVE_INFINITY;
    values.forEach((value, j) => {
      difference += (value - b[i][j]) ** 2;
      size += b[i][j] ** 2;
    });
  });
  return Math.sqrt(difference) / Math.max(Math.sqrt(size), 1e-6);
}
