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

export interface GruStart {
  /** (B, H) state before the first step; zeros when absent. */
  readonly initial?: tf.Tensor2D;
  /** (B, L) int32: 1 where a step is real; at padding the state stays as it is. */
  readonly mask?: tf.Tensor2D;
}

/**
 * r = sigma(x Wr + br + h Ur + cr), z = sigma(x Wz + bz + h Uz + cz), n = tanh(x Wn + bn + r (h Un + cn)),
 * h' = (1 - z) n + z h, over a whole sequence (Cho et al. 2014, with a bias on each side): x (B, L, I) -> states (B, L, H).
 */
export function gru(x: tf.Tensor3D, weights: GruWeights, start: GruStart = {}): tf.Tensor3D {
  return composedGru(x, weights, start);
}

/** The GRU as stock operations, a step at a time: see `gru`. */
export function composedGru(x: tf.Tensor3D, weights: GruWeights, { initial, mask }: GruStart = {}): tf.Tensor3D {
  const [batch, length, inputs] = x.shape;
  const hidden = weights.recurrent.shape[0];
  checkShape("input weights", weights.input, [inputs, 3 * hidden]);
  const projected = tf.add(tf.matMul(tf.reshape(x, [-1, inputs]), weights.input), weights.inputBias);
  const gates = stepsOf(tf.reshape(projected, [batch, length, 3 * hidden]));
  const kept = mask && stepsOf(tf.cast(tf.expandDims(mask, 2), "float32"));
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

/** The (B, D) of each step; by hand for one step, since the gradient of unstack fails for a single tensor. */
function stepsOf(x: tf.Tensor): tf.Tensor2D[] {
  const [batch, length, width] = x.shape;
  if (length === 1) return [tf.reshape(x, [batch, width])];
  return tf.unstack(x, 1) as tf.Tensor2D[];
}
