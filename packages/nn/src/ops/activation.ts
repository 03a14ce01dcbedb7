import { LEAKY_SLOPE, type Activation } from "@sequitur/kernels";
import { tf } from "../tensors.js";

/** The activation as stock operations; the kernels' definitions. */
export function composedActivation<T extends tf.Tensor>(x: T, activation: Activation): T {
  switch (activation) {
    case "none":
      return x;
    case "relu":
      return tf.relu(x);
    case "gelu":
      return gelu(x);
    case "silu":
      return tf.mul(x, tf.sigmoid(x));
    case "leakyRelu":
      return tf.leakyRelu(x, LEAKY_SLOPE);
    case "tanh":
      return tf.tanh(x);
    case "sigmoid":
      return tf.sigmoid(x);
  }
}

function gelu<T extends tf.Tensor>(x: T): T {
  const cubic = tf.mul(tf.mul(x, tf.mul(x, x)), 0.044715);
  const inner = tf.mul(tf.add(x, cubic), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
}
