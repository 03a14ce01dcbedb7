import { activeSequitur, type SequiturBackend } from "../backend/sequitur-backend.js";
import { tf } from "../tensors.js";
import { differentiable } from "./differentiable.js";
import { checkShape, lastAxis, rowCount } from "./shapes.js";

const EPSILON = 1e-5;

/**
 * gain (x - mean) / sqrt(variance + 1e-5) + bias over the last axis, the variance biased (Ba et al. 2016): x (..., D),
 * gain (D), bias (D) -> (..., D).
 */
export function layerNorm(x: tf.Tensor, gain: tf.Tensor1D, bias: tf.Tensor1D): tf.Tensor {
  checkShape("gain", gain, [lastAxis(x)]);
  checkShape("bias", bias, [lastAxis(x)]);
  const backend = activeSequitur();
  return backend === undefined ? composedLayerNorm(x, gain, bias) : fusedLayerNorm(backend, x, gain, bias);
}

/** gain x / sqrt(mean(x^2) + 1e-5) over the last axis (Zhang & Sennrich 2019, eq. 4): x (..., D), gain (D) -> (..., D). */
export function rmsNorm(x: tf.Tensor, gain: tf.Tensor1D): tf.Tensor {
  checkShape("gain", gain, [lastAxis(x)]);
  const backend = activeSequitur();
  return backend === undefined ? composedRmsNorm(x, gain) : fusedRmsNorm(backend, x, gain);
}

function fusedLayerNorm(backend: SequiturBackend, x: tf.Tensor, gain: tf.Tensor1D, bias: tf.Tensor1D): tf.Tensor {
  const shape = { rows: rowCount(x), width: lastAxis(x), epsilon: EPSILON };
  return differentiable(
    [x, gain, bias],
    (save) => {
      const [out, stats] = [backend.output(x.shape), backend.output([shape.rows, 2])];
      const [from, scale, shift] = [backend.floats(x), backend.floats(gain), backend.floats(bias)];
      backend.kernels.layerNorm(out.block, from, scale, shift, stats.block, shape);
      save([x, gain, stats.tensor]);
      return out.tensor;
    },
    (dy, [x, gain, stats]) => {
      const [dx, dg, db] = [backend.output(x.shape), backend.output(gain.shape), backend.output(gain.shape)];
      const gradients = { x: dx.block, gain: dg.block, bias: db.block };
      const [from, scale, saved] = [backend.floats(x), backend.floats(gain), backend.floats(stats)];
      backend.kernels.layerNormGradient(gradients, backend.floats(dy), from, scale, saved, shape);
      return [dx.tensor, dg.tensor, db.tensor];
    },
  );
}

function fusedRmsNorm(backend: SequiturBackend, x: tf.Tensor, gain: tf.Tensor1D): tf.Tensor {
  const shape = { rows: rowCount(x), width: lastAxis(x), epsilon: EPSILON };
  return differentiable(
    [x, gain],
    (save) => {
      const [out, stats] = [backend.output(x.shape), backend.output([shape.rows, 2])];
      backend.kernels.rmsNorm(out.block, backend.floats(x), backend.floats(gain), stats.block, shape);
      save([x, gain, stats.tensor]);
      return out.tensor;
    },
    (dy, [x, gain, stats]) => {
      const [dx, dg] = [backend.output(x.shape), backend.output(gain.shape)];
      const [from, scale, saved] = [backend.floats(x), backend.floats(gain), backend.floats(stats)];
      backend.kernels.rmsNormGradient({ x: dx.block, gain: dg.block }, backend.floats(dy), from, scale, saved, shape);
      return [dx.tensor, dg.tensor];
    },
  );
}

/** Layer norm as stock operations: see `layerNorm`. */
export function composedLayerNorm(x: tf.Tensor, gain: tf.Tensor1D, bias: tf.Tensor1D): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.mul(centred, centred), -1, true);
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, EPSILON))), gain), bias);
}

/** RMS norm as stock operations: see `rmsNorm`. */
export function composedRmsNorm(x: tf.Tensor, gain: tf.Tensor1D): tf.Tensor {
  const power = tf.mean(tf.mul(x, x), -1, true);
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(power, EPSILON))), gain);
}
