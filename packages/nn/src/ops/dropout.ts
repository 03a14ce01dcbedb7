import { PlatformError } from "@sequitur/core";
import { type Pass } from "../pass.js";
import { tf } from "../tensors.js";
import { dropoutMask } from "./dropout-mask.js";

/**
 * x with a random share `rate` of its values zeroed and the others scaled by 1 / (1 - rate), in training; else x itself
 * (Srivastava et al. 2014). Which values fall depends on the pass's next key and their place only.
 */
export function dropout<T extends tf.Tensor>(x: T, rate: number, pass: Pass): T {
  checkRate(rate);
  if (!pass.training || rate === 0) return x;
  return composedDropout(x, rate, pass.nextKey());
}

/** Dropout as stock operations: see `dropout`. */
export function composedDropout<T extends tf.Tensor>(x: T, rate: number, key: number): T {
  return tf.mul(x, tf.tensor(dropoutMask(x.size, rate, key), x.shape, "float32"));
}

export function checkRate(rate: number): void {
  if (!(rate >= 0 && rate < 1)) throw new PlatformError("bad-config", `dropout must be in [0, 1), got ${rate}.`);
}
