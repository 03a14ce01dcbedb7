import { tf } from "../tensors.js";

/** A (B, L) int32 mask as the bytes that kernels read. */
export function byteMask(mask: tf.Tensor2D): tf.Tensor2D {
  return tf.tensor(new Uint8Array(mask.dataSync()), mask.shape, "bool");
}
