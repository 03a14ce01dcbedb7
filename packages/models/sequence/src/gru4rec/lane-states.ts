import { tf, zeros, type Scope } from "@sequitur/nn";
import type { LaneRows } from "../training/batches.js";

/** The states in which lanes left a GRU, for the next batch to start from. */
export interface LaneStates {
  /** (B, H) where the rows start: zeros for a fresh history. A constant: gradients end at the batch. */
  read(rows: LaneRows): tf.Tensor2D;
  /** Keeps the last of the states (B, L, H) of these rows. */
  write(rows: LaneRows, states: tf.Tensor3D): void;
}

/**
 * States of so many lanes, all zero. They are a variable of the scope, which the loss reads as a constant and no optimiser
 * changes, so that checkpoints hold them and a resumed fit goes on from the very same ones.
 */
export function laneStates(
  scope: Scope,
  { lanes, hidden }: { readonly lanes: number; readonly hidden: number },
): LaneStates {
  const kept = scope.create("states", [lanes, hidden], zeros, { noDecay: true });
  return {
    read({ index, fresh }) {
      const values = kept.dataSync();
      const start = new Float32Array(index.length * hidden);
      index.forEach((lane, row) => {
        if (fresh[row] === 0) start.set(values.subarray(lane * hidden, (lane + 1) * hidden), row * hidden);
      });
      return tf.tensor2d(start, [index.length, hidden]);
    },
    write({ index }, states) {
      const [size, length] = states.shape;
      // A row that ends before the last step ends its history, and nothing starts from it.
      const last = tf.slice(states, [0, length - 1, 0], [size, 1, hidden]).dataSync();
      const values = kept.dataSync().slice();
      index.forEach((lane, row) => values.set(last.subarray(row * hidden, (row + 1) * hidden), lane * hidden));
      kept.assign(tf.tensor2d(values, [lanes, hidden]));
    },
  };
}
