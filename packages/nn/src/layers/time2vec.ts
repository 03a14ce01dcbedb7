import { normal, zeros } from "../initializers.js";
import { linear } from "../ops/linear.js";
import { type Scope } from "../parameters.js";
import { tf } from "../tensors.js";

/**
 * v[0] = w[0] t + b[0], v[i] = sin(w[i] t + b[i]) (Time2Vec, Kazemi et al. 2019, eq. 1): times (...) in one unit of
 * about 1, such as days -> (..., width). Parameters: frequency (1, width), phase (width).
 */
export function time2vec(scope: Scope, width: number): (times: tf.Tensor) => tf.Tensor {
  const frequency = scope.create("frequency", [1, width], normal(1), { noDecay: true }) as tf.Tensor as tf.Tensor2D;
  const phase = scope.create("phase", [width], zeros) as tf.Tensor as tf.Tensor1D;
  return (times) => {
    const angle = linear(tf.expandDims(times, -1), frequency, { bias: phase });
    // Weights in place of a slice and a concatenation along the last axis, which copy number by number.
    const isFirst = tf.tensor1d(Float32Array.from({ length: width }, (_, i) => (i === 0 ? 1 : 0)));
    return tf.add(tf.mul(angle, isFirst), tf.mul(tf.sin(angle), tf.sub(1, isFirst)));
  };
}
