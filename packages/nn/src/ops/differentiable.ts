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

/** Whether a tape records, so that a forward pass should compute the gradients that cost less with it than after it. */
export function isRecording(): boolean {
  return tf.engine().state.gradientDepth > 0;
}

/** Gradients that the forward pass left, times the upstream gradient of a scalar; for the backward of losses. */
export function timesUpstream(dy: tf.Tensor, gradients: readonly tf.Tensor[]): tf.Tensor[] {
  const [factor] = dy.dataSync();
  return gradients.map((gradient) => (factor === 1 ? gradient.clone() : tf.mul(gradient, factor)));
}
