import { dropout, embeddingLayer, learnedPositions, softmaxCrossEntropy, tf, transformer } from "@sequitur/nn";
import type { Pass, Scope } from "@sequitur/nn";
import { transformerShapes } from "../sasrec/network.js";
import type { LiteLlm4recConfig } from "./config.js";

/** Digits of an item number are decimal. */
export const BASE = 10;
export type DecoderConfig = Pick<LiteLlm4recConfig, "width" | "heads" | "hidden" | "activation" | "dropout">;

/** Digits of every item number below `size`, leading zeros included. */
export function digitCount(size: number): number {
  return String(Math.max(1, size - 1)).length;
}

/** The digits of an item number, first the highest. */
export function digitsOf(item: number, count: number): number[] {
  return Array.from(String(item).padStart(count, "0"), Number);
}

/**
 * The generative comparator's head: one causal block reads the state, then the digits of the item number so far, and tells
 * the next digit. The loss is the mean cross-entropy of a target's digits, summed over them.
 */
export function digitDecoder(
  scope: Scope,
  size: number,
  config: DecoderConfig,
): (states: tf.Tensor2D, targets: Int32Array, pass: Pass) => tf.Scalar {
  const { width, heads, hidden, activation, dropout: dropoutRate } = config;
  const digits = digitCount(size);
  const symbols = embeddingLayer(scope.scope("digits"), { size: BASE, width });
  const place = learnedPositions(scope.scope("positions"), { length: digits, width });
  const encode = transformer(scope.scope("blocks"), {
    layers: 1,
    width,
    heads,
    hidden,
    activation,
    causal: true,
    dropout: dropoutRate,
  });
  const output = scope
    .scope("output")
    .create("table", [BASE, width], (n, _shape, random) =>
      Float32Array.from({ length: n }, () => 0.02 * random.normal()),
    ) as tf.Tensor as tf.Tensor2D;
  return (states, targets, pass) => {
    const rows = targets.length;
    const [read, wanted] = [new Int32Array(rows * (digits - 1)), new Int32Array(rows * digits).fill(-1)];
    targets.forEach((item, row) => {
      if (item < 0) return;
      const spelled = digitsOf(item, digits);
      wanted.set(spelled, row * digits);
      read.set(spelled.slice(0, -1), row * (digits - 1));
    });
    const start = tf.reshape(states, [rows, 1, width]);
    const spelled = (): tf.Tensor => symbols.lookUp(tf.tensor2d(read, [rows, digits - 1], "int32"));
    const x = digits === 1 ? start : tf.concat([start, spelled()], 1);
    const h = encode(dropout(place(x as tf.Tensor3D), dropoutRate, pass), pass); // (M, digits, D)
    const flat = tf.reshape(h, [rows * digits, width]) as tf.Tensor2D;
    return tf.mul(softmaxCrossEntropy(flat, output, tf.tensor1d(wanted, "int32")), digits);
  };
}

/** Adds the decoder's shapes, under the scope `decoder`. */
export function decoderShapes(shapes: Map<string, readonly number[]>, size: number, config: DecoderConfig): void {
  const { width, hidden } = config;
  shapes.set("decoder.digits.table", [BASE, width]);
  shapes.set("decoder.positions.table", [digitCount(size), width]);
  transformerShapes(shapes, "decoder.blocks", { width, layers: 1, hidden });
  shapes.set("decoder.output.table", [BASE, width]);
}
