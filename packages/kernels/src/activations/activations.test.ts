import { expect, it } from "vitest";
import { eachEngine, expectClose, numericGradient, sameBitsOnAnyThreads } from "../each-engine.js";
import { ACTIVATIONS, savesInput, type Activation } from "./activations.js";

const SLOPE = 0.2;

/** The textbook forms, in float64. */
const DEFINITIONS: Record<Activation, (x: number) => number> = {
  none: (x) => x,
  relu: (x) => Math.max(x, 0),
  gelu: (x) => x / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
  silu: (x) => x / (1 + Math.exp(-x)),
  leakyRelu: (x) => Math.max(x, 0) + SLOPE * Math.min(x, 0),
  tanh: (x) => (Math.exp(x) - Math.exp(-x)) / (Math.exp(x) + Math.exp(-x)),
  sigmoid: (x) => Math.exp(x) / (1 + Math.exp(x)),
};

eachEngine("activations", (stage) => {
  for (const activation of ACTIVATIONS) {
    it(`${activation}: value`, () => {
      for (const length of [0, 1, 3, 4, 7, 64, 30_001]) {
        const { random, stale, kernels } = stage();
        const [x, out] = [random(length, -9, 9), stale(length)];
        kernels.activate(out, x, activation, SLOPE);
        expectClose(out.array, Float64Array.from(x.array, DEFINITIONS[activation]), 2e-6);
      }
    });

    it(`${activation}: gradient by differences`, () => {
      const { random, floats, stale, kernels } = stage();
      // Clear of the kink at 0.
      const x = floats(random(203, -5, 5).array.map((value) => (Math.abs(value) < 0.01 ? 0.5 : value)));
      const [upstream, out, value] = [random(203), stale(203), stale(203)];
      kernels.activate(value, x, activation, SLOPE);
      kernels.activationGradient(out, upstream, savesInput(activation) ? x : value, activation, SLOPE);
      const loss = (point: Float64Array): number =>
        point.reduce((sum, xi, i) => sum + upstream.array[i] * DEFINITIONS[activation](xi), 0);
      expectClose(out.array, numericGradient(loss, x.array), 3e-6);
    });

    it(`${activation}: in place, and NaN stays`, () => {
      const { floats, kernels } = stage();
      const x = floats([Number.NaN, 1, -2, 0, 3]);
      kernels.activate(x, x, activation, SLOPE);
      expect(Number.isNaN(x.array[0])).toBe(true);
      expectClose(x.array.slice(1), [1, -2, 0, 3].map(DEFINITIONS[activation]), 1e-6);
    });
  }

  it("keeps relative precision near 0 and saturates far out", () => {
    const { floats, kernels } = stage();
    const x = floats([1e-6, -3e-4, 40, -40, Infinity, -Infinity]);
    kernels.activate(x, x, "tanh");
    expect(Math.abs(x.array[0] / 1e-6 - 1)).toBeLessThan(1e-6);
    expect(Math.abs(x.array[1] / Math.tanh(-3e-4) - 1)).toBeLessThan(1e-6);
    expect([...x.array.subarray(2)]).toEqual([1, -1, 1, -1]);
    const y = floats([200, -200, Infinity]);
    kernels.activate(y, y, "sigmoid");
    expectClose(y.array, [1, 0, 1], 1e-30);
  });

  it("refuses an unknown activation and short inputs", () => {
    const { kernels, random } = stage();
    expect(() => kernels.activate(random(2), random(2), "swish" as Activation)).toThrow("must be one of none, relu");
    expect(() => kernels.activate(random(3), random(2), "relu")).toThrow("activate: x must hold 3 elements, got 2.");
  });
});

sameBitsOnAnyThreads("gelu", ({ kernels, random, stale }) => {
  const out = stale(100_003);
  kernels.activate(out, random(100_003, -4, 4), "gelu");
  return out.array;
});
