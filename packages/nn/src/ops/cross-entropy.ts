import { tf } from "../tensors.js";

/** Cross-entropy as stock operations, with all logits at once: see `softmaxCrossEntropy`. */
export function composedSoftmaxCrossEntropy(
  x: tf.Tensor2D,
  table: tf.Tensor2D,
  targets: tf.Tensor1D,
  bias: tf.Tensor1D | undefined,
): tf.Scalar {
  const raw = tf.matMul(x, table, false, true);
  const logits = bias === undefined ? raw : tf.add(raw, bias);
  const hot = tf.cast(tf.oneHot(targets, table.shape[0]), "float32");
  const valid = tf.cast(tf.greaterEqual(targets, 0), "float32");
  const losses = tf.sub(tf.logSumExp(logits, 1), tf.sum(tf.mul(logits, hot), 1));
  return tf.div(tf.sum(tf.mul(losses, valid)), tf.maximum(tf.sum(valid), 1)) as tf.Scalar;
}

export function softmaxCrossEntropy(
  x: tf.Tensor2D,
  table: tf.Tensor2D,
  targets: tf.Tensor1D,
  bias?: tf.Tensor1D,
): tf.Scalar {
  return composedSoftmaxCrossEntropy(x, table, targets, bias);
}
