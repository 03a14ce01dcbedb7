import { tf } from "../tensors.js";

/** Layer norm as stock operations: see `layerNorm`. */
export function composedLayerNorm(x: tf.Tensor, gain: tf.Tensor1D, bias: tf.Tensor1D, epsilon: number): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.mul(centred, centred), -1, true);
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon))), gain), bias);
}

/** RMS norm as stock operations: see `rmsNorm`. */
export function composedRmsNorm(x: tf.Tensor, gain: tf.Tensor1D, epsilon: number): tf.Tensor {
  const power = tf.mean(tf.mul(x, x), -1, true);
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(power, epsilon))), gain);
}

/** gain (x - mean) / sqrt(variance + epsilon) + bias over the last axis, the variance biased (Ba et al. 2016, eq. 4). */
export function layerNorm(x: tf.Tensor, gain: tf.Tensor1D, bias: tf.Tensor1D, epsilon = 1e-5): tf.Tensor {
  return composedLayerNorm(x, gain, bias, epsilon);
}

/** gain x / sqrt(mean(x^2) + epsilon) over the last axis (Zhang & Sennrich 2019, eq. 4). */
export function rmsNorm(x: tf.Tensor, gain: tf.Tensor1D, epsilon = 1e-6): tf.Tensor {
  return composedRmsNorm(x, gain, epsilon);
}
