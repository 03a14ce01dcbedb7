import { tf } from "../tensors.js";

export type Save = (tensors: tf.Tensor[]) => void;

/**
 * An operation with its own gradient. `forward` runs off the tape and saves what `backward` needs; `backward` answers
 * one gradient per input, each of its input's shape. Anything else that must survive until then has to be saved too,
 * since intermediate tensors of the forward pass are freed at its end.
 */
export function differentiable<T extends tf.Tensor>(
  inputs: readonly tf.Tensor[],
  forward: (save: Save) => T,
  backward: (dy: T, saved: tf.Tensor[]) => tf.Tensor | tf.Tensor[],
): T {
  const op = tf.customGrad<T>((...args) => {
    const save = args.at(-1) as tf.GradSaveFunc;
    return { value: forward(save), gradFunc: backward };
  });
  return op(...inputs);
}
