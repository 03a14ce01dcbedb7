import { expect, it } from "vitest";
import { eachEngine, expectClose, numericGradient, sameBitsOnAnyThreads, type Stage } from "../each-engine.js";
import { type GruShape } from "./gru.js";

const PARTS = ["x", "input", "hidden", "inputBias", "hiddenBias", "start"] as const;

type Values = Record<(typeof PARTS)[number], ArrayLike<number>>;

/** The recurrence as written in the doc line, in float64. */
function define(values: Values, { batch, length, inputs, width }: GruShape, mask: ArrayLike<number>): number[] {
  const out: number[] = [];
  const s = (x: number): number => 1 / (1 + Math.exp(-x));
  for (let row = 0; row < batch; row++) {
    let h = Array.from({ length: width }, (_, j) => values.start[row * width + j]);
    for (let step = 0; step < length; step++) {
      const at = row * length + step;
      const a = (gate: number, j: number): number => {
        let sum = values.inputBias[gate * width + j];
        for (let i = 0; i < inputs; i++) sum += values.x[at * inputs + i] * values.input[(i * 3 + gate) * width + j];
        return sum;
      };
      const u = (gate: number, j: number): number => {
        let sum = values.hiddenBias[gate * width + j];
        for (let i = 0; i < width; i++) sum += h[i] * values.hidden[(i * 3 + gate) * width + j];
        return sum;
      };
      const next = h.map((before, j) => {
        const r = s(a(0, j) + u(0, j));
        const z = s(a(1, j) + u(1, j));
        const n = Math.tanh(a(2, j) + r * u(2, j));
        return (1 - z) * n + z * before;
      });
      if (mask[at] !== 0) h = next;
      out.push(...h);
    }
  }
  return out;
}

function blocksOf({ random, stale }: Stage, { batch, length, inputs, width }: GruShape) {
  const wide = 3 * width;
  return {
    x: random(batch * length * inputs),
    weights: {
      input: random(inputs * wide),
      hidden: random(width * wide),
      inputBias: random(wide),
      hiddenBias: random(wide),
    },
    start: random(batch * width),
    out: stale(batch * length * width),
    saved: { gates: stale(batch * length * wide), inner: stale(batch * length * width) },
    upstream: random(batch * length * width),
  };
}

eachEngine("gru", (stage) => {
  for (const masked of [false, true]) {
    it(`states and gradients agree with the recurrence${masked ? ", with padding" : ""}`, () => {
      for (const [batch, length, inputs, width] of [
        [1, 1, 1, 1],
        [3, 4, 2, 3],
        [7, 3, 5, 4],
        [6, 5, 3, 9],
      ] as const) {
        const mask = stage().memory.bytes(batch * length);
        mask.array.set(Array.from({ length: batch * length }, (_, at) => (masked && at % 3 === 1 ? 0 : 1)));
        const shape = { batch, length, inputs, width, mask: masked ? mask : null };
        const { x, weights, start, out, saved, upstream } = blocksOf(stage(), shape);
        const { kernels, stale } = stage();
        kernels.gru(out, saved, x, weights, start, shape);
        const values: Values = {
          x: x.array,
          input: weights.input.array,
          hidden: weights.hidden.array,
          inputBias: weights.inputBias.array,
          hiddenBias: weights.hiddenBias.array,
          start: start.array,
        };
        expectClose(out.array, define(values, shape, mask.array), 3e-6);
        const gradients = {
          x: stale(x.length),
          start: stale(start.length),
          input: stale(weights.input.length),
          hidden: stale(weights.hidden.length),
          inputBias: stale(3 * width),
          hiddenBias: stale(3 * width),
        };
        kernels.gruGradient(gradients, upstream, out, saved, x, weights, start, shape);
        for (const part of PARTS) {
          const loss = (p: Float64Array): number =>
            define({ ...values, [part]: p }, shape, mask.array).reduce((sum, h, at) => sum + h * upstream.array[at], 0);
          expectClose(gradients[part].array, numericGradient(loss, values[part]), 2e-5);
        }
      }
    });
  }

  it("starts from zeros, adds to gradients when asked, and takes no steps at all", () => {
    const { kernels, stale, floats } = stage();
    const shape = { batch: 4, length: 3, inputs: 2, width: 6 };
    const { x, weights, out, saved, upstream } = blocksOf(stage(), shape);
    const [zeros, again] = [floats(new Float32Array(24)), stale(out.length)];
    kernels.gru(out, saved, x, weights, null, shape);
    kernels.gru(again, saved, x, weights, zeros, shape);
    expectClose(again.array, out.array, 0);
    const gradients = { input: stale(36), hidden: stale(108), inputBias: stale(18), hiddenBias: stale(18) };
    kernels.gruGradient(gradients, upstream, out, saved, x, weights, null, shape);
    const once = gradients.hidden.array.slice();
    kernels.gruGradient({ ...gradients, accumulate: true }, upstream, out, saved, x, weights, null, shape);
    expectClose(
      gradients.hidden.array,
      once.map((value) => 2 * value),
      1e-6,
    );
    const empty = { ...shape, length: 0 };
    const none = { gates: stale(0), inner: stale(0) };
    kernels.gru(stale(0), none, stale(0), weights, null, empty);
    kernels.gruGradient(gradients, stale(0), stale(0), none, stale(0), weights, null, empty);
    expect(gradients.hidden.array.every((value) => value === 0)).toBe(true);
  });

  it("names the shape that does not fit", () => {
    const shape = { batch: 2, length: 3, inputs: 2, width: 4 };
    const { x, weights, out, saved } = blocksOf(stage(), shape);
    const { kernels, stale } = stage();
    expect(() => kernels.gru(out, saved, stale(11), weights, null, shape)).toThrow(
      "gru: x (batch, length, inputs) must hold 12 elements, got 11.",
    );
    expect(() => kernels.gru(out, saved, x, weights, stale(7), shape)).toThrow("gru: start (batch, width)");
  });
});

sameBitsOnAnyThreads("gru and its gradient", (stage) => {
  const shape = { batch: 33, length: 20, inputs: 24, width: 24 };
  const { x, weights, out, saved, upstream, start } = blocksOf(stage, shape);
  const all = stage.stale(x.length + 24 * 72 * 2 + 144 + start.length);
  let at = 0;
  const next = (length: number) => all.part((at += length) - length, length);
  const gradients = {
    x: next(x.length),
    input: next(24 * 72),
    hidden: next(24 * 72),
    inputBias: next(72),
    hiddenBias: next(72),
    start: next(start.length),
  };
  stage.kernels.gru(out, saved, x, weights, start, shape);
  stage.kernels.gruGradient(gradients, upstream, out, saved, x, weights, start, shape);
  return all.array;
});
