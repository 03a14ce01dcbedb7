import { PlatformError } from "@sequitur/core";
import { normal } from "../initializers.js";
import { type Scope } from "../parameters.js";
import { tf } from "../tensors.js";

/** Adds a learned vector per position: (B, L, D) -> (B, L, D), L at most `length`. Parameter: table (length, D). */
export function learnedPositions(
  scope: Scope,
  options: { readonly length: number; readonly width: number },
): (x: tf.Tensor3D) => tf.Tensor3D {
  const { length, width } = options;
  const table = scope.create("table", [length, width], normal(0.02), { noDecay: true }) as tf.Tensor as tf.Tensor2D;
  return (x) => {
    checkLength(x, length);
    const used = x.shape[1] === length ? table : tf.slice(table, [0, 0], [x.shape[1], width]);
    return tf.add(x, used);
  };
}

/** P[p, 2i] = sin(p / 10000^(2i/D)), P[p, 2i+1] = cos(the same), as plain numbers (length, D) (Vaswani et al. 2017). */
export function sinusoidTable(length: number, width: number): Float32Array {
  const table = new Float32Array(length * width);
  for (let p = 0; p < length; p++) {
    for (let d = 0; d < width; d++) {
      const angle = p / 10_000 ** ((d - (d % 2)) / width);
      table[p * width + d] = d % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return table;
}

/** Adds fixed sinusoids: (B, L, D) -> (B, L, D), L at most `length`. No parameters. */
export function sinusoidalPositions(options: {
  readonly length: number;
  readonly width: number;
}): (x: tf.Tensor3D) => tf.Tensor3D {
  const { length, width } = options;
  const table = sinusoidTable(length, width);
  return (x) => {
    checkLength(x, length);
    return tf.add(x, tf.tensor2d(table.subarray(0, x.shape[1] * width), [x.shape[1], width]));
  };
}

function checkLength(x: tf.Tensor3D, length: number): void {
  if (x.shape[1] > length) {
    throw new PlatformError("bad-data", `a sequence may have ${length} positions, got ${x.shape[1]}.`);
  }
}
