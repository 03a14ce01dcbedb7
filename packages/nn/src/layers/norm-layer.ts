import { ones, zeros } from "../initializers.js";
import { layerNorm, rmsNorm } from "../ops/normalise.js";
import { type Scope } from "../parameters.js";
import { type tf } from "../tensors.js";

export type NormKind = "layer" | "rms";

/** Layer norm or RMS norm over the last axis, with a learned gain (and bias): (..., D) -> (..., D). */
export function normLayer(scope: Scope, width: number, kind: NormKind = "layer"): (x: tf.Tensor) => tf.Tensor {
  const gain = scope.create("gain", [width], ones) as tf.Tensor as tf.Tensor1D;
  if (kind === "rms") return (x) => rmsNorm(x, gain);
  const bias = scope.create("bias", [width], zeros) as tf.Tensor as tf.Tensor1D;
  return (x) => layerNorm(x, gain, bias);
}
