import { Random } from "@sequitur/core";
import { beforeAll, describe, expect, it } from "vitest";
import { selectBackend } from "../backend/select-backend.js";
import { gradientError } from "../gradient-check.js";
import { normal } from "../initializers.js";
import { tf } from "../tensors.js";
import { attention } from "./attention.js";
import { softmaxCrossEntropy } from "./cross-entropy.js";
import { embedding } from "./embedding.js";
import { graph, graphConv, normalisedAdjacency } from "./graph.js";
import { gru } from "./gru.js";
import { linear } from "./linear.js";
import { layerNorm, rmsNorm } from "./normalise.js";
import { rotate } from "./rotary.js";

describe.each(["cpu", "sequitur"] as const)("gradients on %s", (backend) => {
  beforeAll(() => selectBackend(backend));
  const v = (name: string, ...shape: number[]): tf.Variable =>
    tf.variable(
      tf.tensor(
        normal(0.7)(
          shape.reduce((a, b) => a * b, 1),
          shape,
          new Random(name),
        ),
        shape,
      ),
    );
  it("linear", () => {
    const [x, w, b] = [v("x", 3, 2, 5), v("w", 5, 7), v("b", 7)];
    expect(
      gradientError(() => linear(x, w as never, { bias: b as never, activation: "gelu" }), [x, w, b], new Random(1)),
    ).toBeLessThan(2e-3);
  });
  it("norm", () => {
    const [x, w, b] = [v("x", 3, 2, 5), v("w", 5), v("b", 5)];
    expect(gradientError(() => layerNorm(x, w as never, b as never), [x, w, b], new Random(1))).toBeLessThan(2e-3);
    expect(gradientError(() => rmsNorm(x, w as never), [x, w], new Random(1))).toBeLessThan(2e-3);
  });
  it("attention", () => {
    const [q, k, w] = [v("q", 2, 5, 6), v("k", 2, 5, 6), v("v", 2, 5, 6)];
    const mask = tf.tensor2d([1, 1, 1, 0, 0, 0, 1, 1, 1, 1], [2, 5], "int32");
    expect(
      gradientError(
        () =>
          attention(q as never, k as never, w as never, {
            heads: 2,
            causal: true,
            mask,
            dropout: { rate: 0.3, seed: 5, counter: 0 },
          }),
        [q, k, w],
        new Random(1),
      ),
    ).toBeLessThan(2e-3);
  });
  it("gru", () => {
    const [x, i, r, b, c] = [v("x", 2, 4, 3), v("i", 3, 15), v("r", 5, 15), v("b", 15), v("c", 15)];
    expect(
      gradientError(
        () => gru(x as never, { input: i, recurrent: r, inputBias: b, recurrentBias: c } as never),
        [x, i, r, b, c],
        new Random(1),
      ),
    ).toBeLessThan(2e-3);
  });
  it("embedding, cross-entropy, graph, rotary", () => {
    const [x, t] = [v("x", 5, 4), v("t", 7, 4)];
    const targets = tf.tensor1d([0, 6, -1, 3, 3], "int32");
    expect(gradientError(() => embedding(t as never, targets), [t], new Random(1))).toBeLessThan(2e-3);
    expect(
      gradientError(() => softmaxCrossEntropy(x as never, t as never, targets), [x, t], new Random(1)),
    ).toBeLessThan(2e-3);
    const g = graph(normalisedAdjacency(5, Int32Array.of(0, 1, 2), Int32Array.of(3, 4, 4)));
    expect(gradientError(() => graphConv(g, x as never), [x], new Random(1))).toBeLessThan(2e-3);
    const y = v("y", 2, 3, 8);
    expect(gradientError(() => rotate(y as never, 2), [y], new Random(1))).toBeLessThan(2e-3);
  });
});
