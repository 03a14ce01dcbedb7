import { normal, zeros } from "../initializers.js";
import { type Scope } from "../parameters.js";
import { tf } from "../tensors.js";

/**
 * v[0] = w[0] t + b[0], v[i] = sin(w[i] t + b[i]) (Time2Vec, Kazemi et al. 2019, eq. 1): times (...) in one unit of
 * about 1, such as days -> (..., width). Parameters: frequency (1, width), phase (width).
 */
export function time2vec(scope: Scope, width: number): (times: tf.Tensor) => tf.Tensor {
  const frequency = scope.create("frequency", [1, width], normal(1), { noDecay: true });
  const phase = scope.create("phase", [width], zeros);
  return (times) => {
    const angle = tf.add(tf.mul(tf.expandDims(times, -1), tf.reshape(frequency, [width])), phase);
    const first = tf.slice(
      angle,
      angle.shape.map(() => 0),
      [...times.shape, 1],
    );
    const rest = tf.slice(angle, [...times.shape.map(() => 0), 1], [...times.shape, width - 1]);
    return tf.concat([first, tf.sin(rest)], -1);
  };
}
