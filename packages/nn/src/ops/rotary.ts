import { PlatformError } from "@sequitur/core";
import { activeSequitur } from "../backend/sequitur-backend.js";
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
  const angles = anglesOf(x.shape, options);
  const turn = activeSequitur() === undefined ? composedTurn : turnRows;
  return differentiable<tf.Tensor3D>(
    [x],
    () => turn(x, angles, 1),
    (dy) => turn(dy, angles, -1),
  );
}

/** The rotation as stock operations: see `rotate`. */
export function composedRotate(x: tf.Tensor3D, options: RotaryOptions): tf.Tensor3D {
  return composedTurn(x, anglesOf(x.shape, options), 1);
}

interface Angles {
  readonly heads: number;
  readonly turned: number;
  /** Pairs of a head. */
  readonly half: number;
  /** (L, half) */
  readonly values: Float32Array;
}

function anglesOf([, length, width]: readonly number[], { heads, turned = heads, from = 0 }: RotaryOptions): Angles {
  const half = width / heads / 2;
  if (!Number.isInteger(half)) {
    throw new PlatformError("bad-config", `rotary positions need heads of even width, got ${width} / ${heads}.`);
  }
  const values = new Float32Array(length * half);
  for (let p = 0; p < length; p++) {
    for (let i = 0; i < half; i++) values[p * half + i] = (from + p) / BASE ** (i / half);
  }
  return { heads, turned, half, values };
}

/** Turns by the angles, or back by them with direction -1, which is also the gradient; on our memory. */
function turnRows(x: tf.Tensor3D, { heads, turned, half, values }: Angles, direction: 1 | -1): tf.Tensor3D {
  const backend = activeSequitur()!;
  const result = backend.output(x.shape);
  const [out, from] = [result.block.array, backend.floats(x).array];
  const [cos, sin] = [values.map(Math.cos), values.map((angle) => direction * Math.sin(angle))];
  out.set(from);
  const [batch, length, width] = x.shape;
  for (let row = 0; row < batch * length; row++) {
    const angle = (row % length) * half;
    for (let head = 0; head < Math.min(turned, heads); head++) {
      const first = row * width + head * 2 * half;
      for (let i = 0; i < half; i++) {
        const [a, b] = [from[first + i], from[first + half + i]];
        out[first + i] = a * cos[angle + i] - b * sin[angle + i];
        out[first + half + i] = b * cos[angle + i] + a * sin[angle + i];
      }
    }
  }
  return result.tensor as tf.Tensor3D;
}

function composedTurn(x: tf.Tensor3D, { heads, turned, half, values }: Angles, direction: 1 | -1): tf.Tensor3D {
  const [batch, length, width] = x.shape;
  // An angle of 0 leaves a head as it is.
  const angles = tf.tensor(values, [1, length, 1, half]);
  const isTurned = tf.tensor(
    Float32Array.from({ length: heads }, (_, head) => (head < turned ? 1 : 0)),
    [heads, 1],
  );
  const applied = tf.mul(angles, isTurned);
  const [cos, sin] = [tf.cos(applied), tf.mul(tf.sin(applied), direction)];
  const [a, b] = tf.split(tf.reshape(x, [batch, length, heads, 2 * half]), 2, 3);
  const pairs = [tf.sub(tf.mul(a, cos), tf.mul(b, sin)), tf.add(tf.mul(b, cos), tf.mul(a, sin))];
  return tf.reshape(tf.concat(pairs, 3), [batch, length, width]);
}
