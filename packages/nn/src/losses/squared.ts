import { tf } from "../tensors.js";

/** Mean of (prediction - target)^2; both of one shape. */
export function squaredLoss(prediction: tf.Tensor, target: tf.Tensor): tf.Scalar {
  return tf.mean(tf.square(tf.sub(prediction, target)));
}
