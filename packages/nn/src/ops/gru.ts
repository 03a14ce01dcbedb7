import { activeSequitur, type SequiturBackend } from "../backend/sequitur-backend.js";
import { tf } from "../tensors.js";
import { differentiable } from "./differentiable.js";
import { byteMask } from "./mask.js";
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
  const [batch, length, inputs] = x.shape;
  const hidden = weights.recurrent.shape[0];
  checkShape("input weights", weights.input, [inputs, 3 * hidden]);
  checkShape("recurrent weights", weights.recurrent, [hidden, 3 * hidden]);
  checkShape("input bias", weights.inputBias, [3 * hidden]);
  checkShape("recurrent bias", weights.recurrentBias, [3 * hidden]);
  if (start.initial !== undefined) checkShape("initial state", start.initial, [batch, hidden]);
  if (start.mask !== undefined) checkShape("mask", start.mask, [batch, length]);
  const backend = activeSequitur();
  return backend === undefined ? composedGru(x, weights, start) : fusedGru(backend, x, weights, start);
}

function fusedGru(
  backend: SequiturBackend,
  x: tf.Tensor3D,
  weights: GruWeights,
  { initial, mask }: GruStart,
): tf.Tensor3D {
  const [batch, length, inputs] = x.shape;
  const width = weights.recurrent.shape[0];
  const order = [weights.input, weights.recurrent, weights.inputBias, weights.recurrentBias];
  const differentiated = [x, ...order, ...(initial === undefined ? [] : [initial])];
  const shapeWith = (real: tf.Tensor | undefined) => ({
    batch,
    length,
    inputs,
    width,
    mask: real === undefined ? null : backend.bytes(real),
  });
  return differentiable<tf.Tensor3D>(
    differentiated,
    (save) => {
      const out = backend.output([batch, length, width]);
      const [gates, inner] = [backend.output([batch, length, 3 * width]), backend.output([batch, length, width])];
      const real = mask && byteMask(mask);
      const first = initial === undefined ? null : backend.floats(initial);
      const saved = { gates: gates.block, inner: inner.block };
      backend.kernels.gru(out.block, saved, backend.floats(x), gruBlocks(backend, order), first, shapeWith(real));
      save([out.tensor, gates.tensor, inner.tensor, ...differentiated, ...(real === undefined ? [] : [real])]);
      return out.tensor as tf.Tensor3D;
    },
    (dy, [out, gates, inner, x, ...rest]) => {
      const kept = rest.slice(0, 4);
      const start = initial === undefined ? undefined : rest[4];
      const real = mask === undefined ? undefined : rest.at(-1);
      const dx = backend.output(x.shape);
      const gradients = kept.map((weight) => backend.output(weight.shape));
      const dStart = start && backend.output(start.shape);
      const [input, hidden, inputBias, hiddenBias] = gradients.map(({ block }) => block);
      backend.kernels.gruGradient(
        { x: dx.block, input, hidden, inputBias, hiddenBias, start: dStart?.block ?? null },
        backend.floats(dy),
        backend.floats(out),
        { gates: backend.floats(gates), inner: backend.floats(inner) },
        backend.floats(x),
        gruBlocks(backend, kept),
        start === undefined ? null : backend.floats(start),
        shapeWith(real),
      );
      return [dx, ...gradients, ...(dStart === undefined ? [] : [dStart])].map(({ tensor }) => tensor);
    },
  );
}

function gruBlocks(backend: SequiturBackend, weights: readonly tf.Tensor[]) {
  const [input, hidden, inputBias, hiddenBias] = weights.map((weight) => backend.floats(weight));
  return { input, hidden, inputBias, hiddenBias };
}

/** The GRU as stock operations, a step at a time: see `gru`. */
export function composedGru(x: tf.Tensor3D, weights: GruWeights, { initial, mask }: GruStart = {}): tf.Tensor3D {
  const [batch, length, inputs] = x.shape;
  const hidden = weights.recurrent.shape[0];
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
