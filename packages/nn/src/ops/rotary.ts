import { PlatformError } from "@sequitur/core";
import { activeSequitur } from "../backend/sequitur-backend.js";
import { tf } from "../tensors.js";
import { differentiable } from "./differentiable.js";

const BASE = 10_000;

/**
 * Turns each pair (i, i + d/2) of each head by the angle p / 10000^(2i/d) at position p, d being the head's width, so
 * that products of queries and keys depend on their distance only (RoFormer, Su et al. 2021, eq. 34; pairs by halves).
 * (B, L, D) -> (B, L, D); `from` is the position of the first.
 */
export function rotate(x: tf.Tensor3D, heads: number, from = 0): tf.Tensor3D {
  const [, length, width] = x.shape;
  const head = width / heads;
  if (!(Number.isInteger(head) && head % 2 === 0)) {
    throw new PlatformError("bad-config", `rotary positions need heads of even width, got ${width} / ${heads}.`);
  }
  const angles = anglesOf(from, length, head / 2);
  return differentiable<tf.Tensor3D>(
    [x],
    () => turn(x, heads, angles, 1),
    (dy) => turn(dy, heads, angles, -1),
  );
}

/** The rotation as stock operations: see `rotate`. */
export function composedRotate(x: tf.Tensor3D, heads: number, from = 0): tf.Tensor3D {
  return composedTurn(x, heads, anglesOf(from, x.shape[1], x.shape[2] / heads / 2), 1);
}

/** (L, half) */
function anglesOf(from: number, length: number, half: number): Float32Array {
  const angles = new Float32Array(length * half);
  for (let p = 0; p < length; p++) {
    for (let i = 0; i < half; i++) angles[p * half + i] = (from + p) / BASE ** (i / half);
  }
  return angles;
}

/** Turns by the angles, or back by them with direction -1, which is also the gradient. */
function turn(x: tf.Tensor3D, heads: number, angles: Float32Array, direction: 1 | -1): tf.Tensor3D {
  const backend = activeSequitur();
  if (backend === undefined) return composedTurn(x, heads, angles, direction);
  const out = backend.output(x.shape);
  turnRows(out.block.array, backend.floats(x).array, x.shape, heads, angles, direction);
  return out.tensor as tf.Tensor3D;
}

function turnRows(
  out: Float32Array,
  x: Float32Array,
  [batch, length, width]: readonly number[],
  heads: number,
  angles: Float32Array,
  direction: 1 | -1,
): void {
  const half = width / heads / 2;
  const [cos, sin] = [angles.map(Math.cos), angles.map((angle) => direction * Math.sin(angle))];
  for (let row = 0; row < batch * length; row++) {
    const turn = (row % length) * half;
    for (let head = row * width; head < (row + 1) * width; head += 2 * half) {
      for (let i = 0; i < half; i++) {
        const [a, b] = [x[head + i], x[head + half + i]];
        out[head + i] = a * cos[turn + i] - b * sin[turn + i];
        out[head + half + i] = b * cos[turn + i] + a * sin[turn + i];
      }
    }
  }
}

function composedTurn(x: tf.Tensor3D, heads: number, angles: Float32Array, direction: 1 | -1): tf.Tensor3D {
  const [batch, length, width] = x.shape;
  const half = width / heads / 2;
  const cos = tf.tensor(angles.map(Math.cos), [1, length, 1, half]);
  const sin = tf.tensor(
    angles.map((angle) => direction * Math.sin(angle)),
    [1, length, 1, half],
  );
  const [a, b] = tf.split(tf.reshape(x, [batch, length, heads, 2 * half]), 2, 3);
  const turned = [tf.sub(tf.mul(a, cos), tf.mul(b, sin)), tf.add(tf.mul(b, cos), tf.mul(a, sin))];
  return tf.reshape(tf.concat(turned, 3), [batch, length, width]);
}
