import { expect, it } from "vitest";
import { eachEngine, expectClose } from "../each-engine.js";

const LENGTHS = [0, 1, 3, 4, 5, 127, 30_001];

const PAIRS = {
  add: (a: number, b: number) => a + b,
  subtract: (a: number, b: number) => a - b,
  multiply: (a: number, b: number) => a * b,
  divide: (a: number, b: number) => a / b,
} as const;

eachEngine("elementwise", (stage) => {
  for (const name of ["add", "subtract", "multiply", "divide"] as const) {
    it(`${name}: element by element, rounding once`, () => {
      for (const length of LENGTHS) {
        const [a, b, out] = [stage().random(length), stage().random(length), stage().stale(length)];
        stage().kernels[name](out, a, b);
        const want = Float32Array.from(a.array, (x, i) => PAIRS[name](x, b.array[i]));
        expect(out.array.every((x, i) => Object.is(x, want[i]))).toBe(true);
      }
    });
  }

  it("works in place, and follows IEEE for NaN and infinity", () => {
    const { floats, kernels } = stage();
    const x = floats([1, NaN, Infinity, -Infinity, 0]);
    kernels.add(x, x, x);
    expect([...x.array]).toEqual([2, NaN, Infinity, -Infinity, 0]);
    kernels.divide(x, x, floats([0, 1, Infinity, 1, 0]));
    expect([...x.array]).toEqual([Infinity, NaN, NaN, -Infinity, NaN]);
  });

  it("fills, scales and adds multiples", () => {
    for (const length of LENGTHS) {
      const [x, out] = [stage().random(length), stage().stale(length)];
      const { kernels } = stage();
      kernels.fill(out, 0.25);
      expect(out.array.every((y) => y === 0.25)).toBe(true);
      kernels.axpy(out, x, -3);
      expectClose(
        out.array,
        Float32Array.from(x.array, (y) => 0.25 - 3 * y),
        1e-6,
      );
      kernels.scale(out, x, 0.3);
      expectClose(
        out.array,
        Float32Array.from(x.array, (y) => 0.3 * y),
        1e-7,
      );
    }
  });

  it("refuses inputs shorter than the output", () => {
    const { kernels, random } = stage();
    expect(() => kernels.add(random(5), random(4), random(5))).toThrow("add: a must hold 5 elements, got 4.");
    expect(() => kernels.axpy(random(5), random(4), 1)).toThrow("axpy: x must hold 5 elements, got 4.");
  });
});
