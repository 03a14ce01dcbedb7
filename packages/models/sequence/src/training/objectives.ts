import {
  embedding,
  sampledBce,
  sampledGbce,
  sampledSoftmax,
  scoreRows,
  softmaxCrossEntropy,
  tf,
  type PairScores,
  type SampledTargets,
} from "@sequitur/nn";
import { bprMaxLoss } from "./bpr-max.js";
import type { NegativeSampler } from "./negative-sampler.js";

export const LOSS_NAMES = ["softmax", "sampled-softmax", "gbce", "bce", "bpr-max"] as const;
export type LossName = (typeof LOSS_NAMES)[number];

/** What scores the items: score(i) = state . table[i] + bias[i]. */
export interface Output {
  /** (N, D) */
  readonly table: tf.Tensor2D;
  /** (N), only where every item is scored. */
  readonly bias?: tf.Tensor1D;
  /** (N) the item of each row, where the rows are not all items in their order. */
  readonly items?: Int32Array;
}

/** The predictions of a batch, M of them; targets and negatives are rows of the output's table. */
export interface Predictions {
  /** (M, D) */
  readonly states: tf.Tensor2D;
  /** (M) the item that came; NONE counts nothing. */
  readonly targets: Int32Array;
  /** (K) */
  readonly negatives: Int32Array;
}

/** The mean loss of a batch's predictions. */
export type Objective = (predictions: Predictions, output: Output) => tf.Scalar;

export interface ObjectiveOptions {
  readonly calibration: number;
  readonly scorePenalty: number;
  /** Absent for softmax, which samples nothing. */
  readonly sampler?: NegativeSampler;
}

/** The objective of a name. Sampled softmax is corrected by ln Q, the others compare scores as they are. */
export function objectiveOf(loss: LossName, options: ObjectiveOptions): Objective {
  const { calibration, scorePenalty, sampler } = options;
  const logExpected = sampler?.logExpected ?? new Float32Array(0);
  switch (loss) {
    case "softmax":
      return ({ states, targets }, { table, bias }) =>
        softmaxCrossEntropy(states, table, int32(targets), { ...(bias && { bias }) });
    case "sampled-softmax":
      return (predictions, { table, items }) =>
        sampledSoftmax(predictions.states, table, sampledTargets(predictions), {
          logQ: tf.tensor1d(items === undefined ? logExpected : Float32Array.from(items, (i) => logExpected[i]!)),
        });
    case "gbce":
      return (predictions, { table }) =>
        sampledGbce(predictions.states, table, sampledTargets(predictions), {
          population: sampler!.population,
          calibration,
        });
    case "bce":
      return (predictions, { table }) => sampledBce(predictions.states, table, sampledTargets(predictions));
    case "bpr-max":
      return (predictions, output) => bprMaxLoss(pairScores(predictions, output), scorePenalty);
  }
}

/** Far below any score, yet its square is finite in float32. */
const REMOVED = -1e6;

/** Scores of targets (M) and of the shared negatives (M, K), where a negative that is the row's target is removed. */
function pairScores({ states, targets, negatives }: Predictions, { table }: Output): PairScores {
  const drawn = int32(negatives);
  const wanted = int32(targets);
  const positive = tf.reshape(scoreRows(states, table, tf.expandDims(wanted, 1)), [targets.length]) as tf.Tensor1D;
  const scores: tf.Tensor2D = tf.matMul(states, embedding(table, drawn), false, true);
  const same = tf.equal(tf.expandDims(wanted, 1), tf.expandDims(drawn, 0));
  const removed: tf.Tensor2D = tf.where(same, tf.mul(tf.onesLike(scores), REMOVED), scores);
  return { positive, negatives: removed, valid: tf.cast(tf.greaterEqual(wanted, 0), "float32") };
}

function int32(values: Int32Array): tf.Tensor1D {
  return tf.tensor1d(values, "int32");
}

function sampledTargets({ targets, negatives }: Predictions): SampledTargets {
  return { targets: int32(targets), negatives: int32(negatives) };
}
