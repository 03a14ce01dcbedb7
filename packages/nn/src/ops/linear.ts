import { tf } from "../tensors.js";
import { composedActivation, type Activation } from "./activation.js";
import { lastAxis } from "./shapes.js";

/** The affine map as stock operations: see `linear`. */
export function composedLinear(
  x: tf.Tensor,
  weight: tf.Tensor2D,
  bias: tf.Tensor1D | undefined,
  activation: Activation,
): tf.Tensor {
  const flat = tf.matMul(tf.reshape(x, [-1, lastAxis(x)]), weight);
  const shifted = bias === undefined ? flat : tf.add(flat, bias);
  return tf.reshape(composedActivation(shifted, activation), [...x.shape.slice(0, -1), weight.shape[1]]);
}

/** activation(x W + b): x (..., I), weight (I, O), bias (O) -> (..., O). */
export function linear(
  x: tf.Tensor,
  weight: tf.Tensor2D,
  options: { readonly bias?: tf.Tensor1D; readonly activation?: Activation } = {},
): tf.Tensor {
  return composedLinear(x, weight, options.bias, options.activation ?? "none");
}
