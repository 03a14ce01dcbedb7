import { embedding, tf, unitRows, type Scope } from "@sequitur/nn";

/**
 * A vector per period of the year, tied to its neighbours: rows of mixture (P, P) x table (P, width). int32 (...) in
 * [0, P) -> (..., width); -1 gives zeros. Parameter: table (P, width).
 */
export function seasonLayer(
  scope: Scope,
  { mixture, width }: { readonly mixture: Float32Array; readonly width: number },
): (periods: tf.Tensor) => tf.Tensor {
  const size = Math.sqrt(mixture.length);
  const table = scope.create("table", [size, width], unitRows) as tf.Tensor as tf.Tensor2D;
  return (periods) => embedding(tf.matMul(tf.tensor2d(mixture, [size, size]), table) as tf.Tensor2D, periods);
}
