import { tf } from "../tensors.js";
import { checkShape } from "./shapes.js";

export interface GruWeights {
  /** (I, 3H) from input to gates r, z, n, in that order. */
  readonly input: tf.Tensor2D;
  /** (H, 3H) from state to gates. */
  readonly recurrent: tf.Tensor2D;
  /** (3H) */
  readonly inputBias: tf.Tensor1D;
  /** (3H) */
  readonly recurrentBias: tf.Tensor1D;
}

/** The GRU as stock operations, a step at a time: see `gru`. */
export function composedGru(
  x: tf.Tensor3D,
  weights: GruWeights,
  initial: tf.Tensor2D | undefined,
  mask: tf.Tensor2D | undefined,
): tf.Tensor3D {
  const [batch, length, inputs] = x.shape;
  const hidden = weights.recurrent.shape[0];
  checkShape("input weights", weights.input, [inputs, 3 * hidden]);
  const projected = tf.add(tf.matMul(tf.reshape(x, [-1, inputs]), weights.input), weights.inputBias);
  const gates = tf.unstack(tf.reshape(projected, [batch, length, 3 * hidden]), 1) as tf.Tensor2D[];
  const kept = mask && (tf.unstack(tf.cast(tf.expandDims(mask, 2), "float32"), 1) as tf.Tensor2D[]);
  let state: tf.Tensor2D = initial ?? tf.zeros([batch, hidden]);
  const states: tf.Tensor2D[] = [];
  for (let t = 0; t < length; t++) {
    const next = composedGruStep(gates[t], state, weights, hidden);
    state = kept === undefined ? next : tf.add(tf.mul(next, kept[t]), tf.mul(state, tf.sub(1, kept[t])));
    states.push(state);
  }
  return tf.stack(states, 1) as tf.Tensor3D;
}

function composedGruStep(gates: tf.Tensor2D, state: tf.Tensor2D, weights: GruWeights, hidden: number): tf.Tensor2D {
  const fromState = tf.add(tf.matMul(state, weights.recurrent), weights.recurrentBias);
  const [xr, xz, xn] = tf.split(gates, 3, 1) as tf.Tensor2D[];
  const [hr, hz, hn] = tf.split(fromState, [hidden, hidden, hidden], 1) as tf.Tensor2D[];
  const reset = tf.sigmoid(tf.add(xr, hr));
  const update = tf.sigmoid(tf.add(xz, hz));
  const proposal = tf.tanh(tf.add(xn, tf.mul(reset, hn)));
  return tf.add(tf.mul(tf.sub(1, update), proposal), tf.mul(update, state));
}

/** states */
export function gru(
  x: tf.Tensor3D,
  weights: GruWeights,
  options: { readonly initial?: tf.Tensor2D; readonly mask?: tf.Tensor2D } = {},
): tf.Tensor3D {
  return composedGru(x, weights, options.initial, options.mask);
}
