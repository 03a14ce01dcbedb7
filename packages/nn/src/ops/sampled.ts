import { tf } from "../tensors.js";
import { composedEmbedding } from "./embedding.js";

export interface SampledTargets {
  /** (M) int32 the true row; a negative one is skipped. */
  readonly targets: tf.Tensor1D;
  /** (K) int32 rows drawn once and shared by all M, or (M, K) drawn for each. */
  readonly negatives: tf.Tensor1D | tf.Tensor2D;
  /** Log of the expected count of a row among the negatives: (M) of the targets, and of the negatives in their shape. */
  readonly logQ?: { readonly targets: tf.Tensor1D; readonly negatives: tf.Tensor };
}

const REMOVED = -1e9;

/** Sampled softmax as stock operations: see `sampledSoftmax`. */
export function composedSampledSoftmax(x: tf.Tensor2D, table: tf.Tensor2D, sampled: SampledTargets): tf.Scalar {
  const { targets, negatives, logQ } = sampled;
  const shared = negatives.rank === 1;
  const positive = composedScoreRows(x, table, tf.expandDims(targets, 1));
  const rows = composedEmbedding(table, negatives);
  const scores = shared ? tf.matMul(x, rows, false, true) : composedRowDots(x, rows as tf.Tensor3D);
  const hits = tf.cast(
    tf.equal(shared ? tf.expandDims(negatives, 0) : negatives, tf.expandDims(targets, 1)),
    "float32",
  );
  let logits = tf.concat([positive, tf.add(scores, tf.mul(hits, REMOVED)) as tf.Tensor2D], 1);
  if (logQ !== undefined) {
    const negativeQ = shared ? tf.tile(tf.expandDims(logQ.negatives, 0), [targets.size, 1]) : logQ.negatives;
    logits = tf.sub(logits, tf.concat([tf.expandDims(logQ.targets, 1), negativeQ as tf.Tensor2D], 1));
  }
  const valid = tf.cast(tf.greaterEqual(targets, 0), "float32");
  const first = tf.reshape(tf.slice(logits, [0, 0], [targets.size, 1]), [targets.size]);
  const losses = tf.sub(tf.logSumExp(logits, 1), first);
  return tf.div(tf.sum(tf.mul(losses, valid)), tf.maximum(tf.sum(valid), 1)) as tf.Scalar;
}

/** x[m] . table[items[m, k]] as stock operations: see `scoreRows`. */
export function composedScoreRows(x: tf.Tensor2D, table: tf.Tensor2D, items: tf.Tensor2D): tf.Tensor2D {
  return composedRowDots(x, composedEmbedding(table, items) as tf.Tensor3D);
}

function composedRowDots(x: tf.Tensor2D, rows: tf.Tensor3D): tf.Tensor2D {
  return tf.sum(tf.mul(tf.expandDims(x, 1), rows), 2);
}

/** Scores of given rows: x (M, D), table (N, D), items (M, K) int32 -> x[m] . table[items[m, k]], (M, K). */
export function scoreRows(x: tf.Tensor2D, table: tf.Tensor2D, items: tf.Tensor2D): tf.Tensor2D {
  return composedScoreRows(x, table, items);
}

/**
 * Cross-entropy over the true row and the sampled ones, the mean over m with a true row, with scores corrected for how
 * often a row is sampled, s - log Q (Bengio & Senecal 2008; Yi et al. 2019); a negative that is the true row
 * counts nothing.
 */
export function sampledSoftmax(x: tf.Tensor2D, table: tf.Tensor2D, sampled: SampledTargets): tf.Scalar {
  return composedSampledSoftmax(x, table, sampled);
}
