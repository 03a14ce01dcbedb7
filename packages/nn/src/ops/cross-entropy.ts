import { tf } from "../tensors.js";

export interface CrossEntropyTerms {
  /** (N) added to the scores of the rows. */
  readonly bias?: tf.Tensor1D;
}

/**
 * Mean over m of -ln softmax(x[m] . table + bias)[targets[m]]: x (M, D), table (N, D), targets (M) int32. Target -1 is
 * padding and counts nothing; 0 when there is nothing else.
 */
export function softmaxCrossEntropy(
  x: tf.Tensor2D,
  table: tf.Tensor2D,
  targets: tf.Tensor1D,
  terms: CrossEntropyTerms = {},
): tf.Scalar {
  return composedSoftmaxCrossEntropy(x, table, targets, terms);
}

/** Cross-entropy as stock operations, with all logits at once: see `softmaxCrossEntropy`. */
export function composedSoftmaxCrossEntropy(
  x: tf.Tensor2D,
  table: tf.Tensor2D,
  targets: tf.Tensor1D,
  { bias }: CrossEntropyTerms = {},
): tf.Scalar {
  const raw = tf.matMul(x, table, false, true);
  const logits = bias === undefined ? raw : tf.add(raw, bias);
  const hot = tf.cast(tf.oneHot(targets, table.shape[0]), "float32");
  const valid = tf.cast(tf.greaterEqual(targets, 0), "float32");
  const losses = tf.sub(tf.logSumExp(logits, 1), tf.sum(tf.mul(logits, hot), 1));
  return tf.div(tf.sum(tf.mul(losses, valid)), tf.maximum(tf.sum(valid), 1));
}
