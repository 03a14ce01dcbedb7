import { PlatformError } from "@sequitur/core";
import { activeSequitur, type SequiturBackend } from "../backend/sequitur-backend.js";
import { tf } from "../tensors.js";
import { differentiable } from "./differentiable.js";

const BASE = 10_000;

export interface RotaryOptions {
  /** Heads side by side in each row. */
  readonly heads: number;
  /** How many heads, from the first, are turned; the rest stay as they are. Default: all. */
  readonly turned?: number;
  /** Position of the first row of a sequence. Default 0. */
  readonly from?: number;
}

/**
 * Turns each pair (i, i + d/2) of each head by the angle p / 10000^(2i/d) at position p, d being the head's width, so
 * that products of queries and keys depend on their distance only (RoFormer, Su et al. 2021, eq. 34; pairs by halves).
 * (B, L, D) -> (B, L, D).
 */
export function rotate(x: tf.Tensor3D, options: RotaryOptions): tf.Tensor3D {
  const rotation = rotationOf(x.shape, options);
  const backend = activeSequitur();
  const turn = (from: tf.Tensor3D, back: boolean): tf.Tensor3D =>
    backend === undefined ? composedTurn(from, rotation, back) : fusedTurn(backend, from, rotation, back);
  // Turning back is the gradient too.
  return differentiable<tf.Tensor3D>(
    [x],
    () => turn(x, false),
    (dy) => turn(dy, true),
  );
}

/** The rotation as stock operations: see `rotate`. */
export function composedRotate(x: tf.Tensor3D, options: RotaryOptions): tf.Tensor3D {
  return composedTurn(x, rotationOf(x.shape, options), false);
}

/** (length, d) for heads of width d at positions from, from + 1, ...: the cosines of each one's d/2 angles, then the sines. */
export function rotaryTurns(length: number, width: number, from = 0): Float32Array {
  const half = width / 2;
  const turns = new Float32Array(length * width);
  for (let i = 0; i < half; i++) {
    const frequency = BASE ** (-i / half);
    for (let p = 0; p < length; p++) {
      turns[p * width + i] = Math.cos((from + p) * frequency);
      turns[p * width + half + i] = Math.sin((from + p) * frequency);
    }
  }
  return turns;
}

interface Rotation {
  readonly heads: number;
  readonly turned: number;
  /** d */
  readonly width: number;
  /** (L, d) */
  readonly turns: Float32Array;
}

function rotationOf([, length, row]: readonly number[], { heads, turned = heads, from = 0 }: RotaryOptions): Rotation {
  const width = row / heads;
  if (!Number.isInteger(width / 2)) {
    throw new PlatformError("bad-config", `rotary positions need heads of even width, got ${row} / ${heads}.`);
  }
  return { heads, turned: Math.min(turned, heads), width, turns: rotaryTurns(length, width, from) };
}

function fusedTurn(
  backend: SequiturBackend,
  x: tf.Tensor3D,
  { turns, ...heads }: Rotation,
  back: boolean,
): tf.Tensor3D {
  const { engine, kernels } = backend;
  const [batch, length] = x.shape;
  const { tensor, block } = backend.output(x.shape);
  engine.memory.withScratch((scratch) => {
    const table = scratch.floats(turns.length);
    table.array.set(turns);
    kernels.rotate(block, backend.floats(x), table, { ...heads, rows: batch * length, length, back });
  });
  return tensor as tf.Tensor3D;
}

function composedTurn(x: tf.Tensor3D, { heads, turned, width, turns }: Rotation, back: boolean): tf.Tensor3D {
  const [batch, length, row] = x.shape;
  const [cos, sin] = tf.split(tf.tensor(turns, [1, length, 1, width]), 2, 3);
  const [a, b] = tf.split(tf.reshape(x, [batch, length, heads, width]), 2, 3);
  const turn = back ? tf.neg(sin) : sin;
  const pairs = [tf.sub(tf.mul(a, cos), tf.mul(b, turn)), tf.add(tf.mul(b, cos), tf.mul(a, turn))];
  const all = tf.concat(pairs, 3);
  const isTurned = tf.greater(turned, tf.reshape(tf.range(0, heads), [1, 1, heads, 1]));
  const kept = tf.reshape(x, [batch, length, heads, width]);
  return tf.reshape(tf.where(tf.broadcastTo(isTurned, all.shape), all, kept), [batch, length, row]);
}
