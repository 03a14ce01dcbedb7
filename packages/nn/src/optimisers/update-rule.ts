import { type tf } from "../tensors.js";

/** What a step knows besides weights and gradients. */
export interface UpdateStep {
  /** Learning rate of this step. */
  readonly learningRate: number;
  /** Number of this step, from 1. */
  readonly step: number;
  /** Weight decay of this parameter; 0 where it is exempt. */
  readonly decay: number;
}

export interface Updated {
  readonly weights: tf.Tensor;
  readonly slots: readonly tf.Tensor[];
}

/** How an optimiser turns a gradient into new weights; the same formula serves whole tables and single rows. */
export interface UpdateRule {
  /** Names what it keeps in checkpoints: "adam". */
  readonly name: string;
  /** What it remembers per weight, such as "mean"; each of its parameter's shape. */
  readonly slots: readonly string[];
  /** What the slots hold before the first step. */
  readonly slotStart: number;
  /** The formula as stock operations, for tensors of any one shape. */
  composed(weights: tf.Tensor, gradient: tf.Tensor, slots: readonly tf.Tensor[], step: UpdateStep): Updated;
}
