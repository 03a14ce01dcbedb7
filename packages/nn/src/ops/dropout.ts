import { PlatformError } from "@sequitur/core";
import { type DropoutKey } from "@sequitur/kernels";
import { activeSequitur, type SequiturBackend } from "../backend/sequitur-backend.js";
import { type Pass } from "../pass.js";
import { tf } from "../tensors.js";
import { differentiable } from "./differentiable.js";
import { dropoutMask } from "./dropout-mask.js";

/**
 * x with a random share `rate` of its values zeroed and the others scaled by 1 / (1 - rate), in training; else x itself
 * (Srivastava et al. 2014). Which values fall depends on the pass's next key and their place only.
 */
export function dropout<T extends tf.Tensor>(x: T, rate: number, pass: Pass): T {
  const key = dropoutKey(rate, pass);
  if (key === undefined) return x;
  const backend = activeSequitur();
  return backend === undefined ? composedDropout(x, key) : fusedDropout(backend, x, key);
}

/** The mask of the next dropout of a pass; undefined when nothing is dropped. */
export function dropoutKey(rate: number, pass: Pass): DropoutKey | undefined {
  if (!(rate >= 0 && rate < 1)) throw new PlatformError("bad-config", `dropout must be in [0, 1), got ${rate}.`);
  return pass.training && rate > 0 ? { rate, seed: pass.nextKey(), counter: 0 } : undefined;
}

function fusedDropout<T extends tf.Tensor>(backend: SequiturBackend, x: T, key: DropoutKey): T {
  const drop = (from: tf.Tensor): T => {
    const out = backend.output(from.shape);
    backend.kernels.dropout(out.block, backend.floats(from), key);
    return out.tensor as T;
  };
  return differentiable<T>([x], () => drop(x), drop);
}

/** Dropout as stock operations: see `dropout`. */
export function composedDropout<T extends tf.Tensor>(x: T, key: DropoutKey): T {
  return tf.mul(x, tf.tensor(dropoutMask(x.size, key), x.shape, "float32"));
}
