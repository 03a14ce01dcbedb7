import { tf, type Pass } from "@sequitur/nn";
import type { SequenceBatch } from "./batches.js";
import type { Objective, Output } from "./objectives.js";

/** A network that learns from batches of histories, over its own parameters. */
export interface SequenceNetwork {
  /** The mean loss of a batch. */
  readonly loss: (batch: SequenceBatch, pass: Pass, objective: Objective) => tf.Scalar;
}

/** The network that reads items (B, L), int32, into the states after each (B, L, D), and scores them by one table. */
export function readingNetwork(
  output: Output,
  encode: (items: tf.Tensor2D, pass: Pass, batch: SequenceBatch) => tf.Tensor3D,
): SequenceNetwork {
  return {
    loss: (batch, pass, objective) => {
      const { size, length, inputs, targets, negatives } = batch;
      const states = encode(tf.tensor2d(inputs, [size, length], "int32"), pass, batch);
      return objective({ states: flatStates(states), targets, negatives }, output);
    },
  };
}

/** (B, L, D) -> (B L, D). */
export function flatStates(states: tf.Tensor3D): tf.Tensor2D {
  return tf.reshape(states, [states.shape[0] * states.shape[1], states.shape[2]]);
}
