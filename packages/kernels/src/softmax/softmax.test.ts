import { expect, it } from "vitest";
import { eachEngine, expectClose, numericGradient, sameBitsOnAnyThreads } from "../each-engine.js";

function define(x: ArrayLike<number>, width: number): number[] {
  const e = Array.from(x, Math.exp);
  return e.map((value, at) => {
    const row = Math.floor(at / width);
    return value / e.slice(row * width, (row + 1) * width).reduce((sum, part) => sum + part, 0);
  });
}

eachEngine("softmax", (stage) => {
  it("agrees with its definition, and every row sums to 1", () => {
    for (const [rows, width] of [
      [0, 5],
      [1, 1],
      [3, 2],
      [4, 7],
      [2, 130],
      [600, 41],
    ] as const) {
      const { random, stale, kernels } = stage();
      const [x, out] = [random(rows * width, -10, 10), stale(rows * width)];
      kernels.softmax(out, x, rows, width);
      expectClose(out.array, define(x.array, width), 2e-6);
      kernels.softmax(x, x, rows, width);
      expectClose(x.array, out.array, 0);
    }
  });

  it("does not mind large numbers, gives -infinity nothing, and spoils only rows with NaN or +infinity", () => {
    const { floats, kernels } = stage();
    const [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    const x = floats([
      1e30,
      1e30,
      low,
      low,
      low,
      low,
      0,
      Number.NaN,
      1,
      high,
      1,
      2,
      1000,
      1000,
      -1000,
      low,
      Number.NaN,
      0,
    ]);
    kernels.softmax(x, x, 6, 3);
    expectClose(x.array.slice(0, 6), [0.5, 0.5, 0, 0, 0, 0], 0);
    expect([...x.array.subarray(6, 12)].every(Number.isNaN)).toBe(true);
    expectClose(x.array.slice(12, 15), [0.5, 0.5, 0], 0);
    expect([...x.array.subarray(15)].every(Number.isNaN)).toBe(true);
  });

  it("gradient agrees with differences", () => {
    const { random, stale, kernels } = stage();
    const [rows, width] = [5, 11];
    const [x, y, upstream, out] = [random(55), stale(55), random(55), stale(55)];
    kernels.softmax(y, x, rows, width);
    kernels.softmaxGradient(out, upstream, y, rows, width);
    const loss = (p: Float64Array): number =>
      define(p, width).reduce((sum, value, at) => sum + value * upstream.array[at], 0);
    expectClose(out.array, numericGradient(loss, x.array), 1e-6);
  });

  it("names the shape that does not fit", () => {
    const { stale, kernels } = stage();
    expect(() => kernels.softmax(stale(6), stale(5), 2, 3)).toThrow("softmax: x (rows, width) must hold 6 elements");
  });
});

sameBitsOnAnyThreads("softmax", ({ kernels, random }) => {
  const x = random(900 * 53);
  kernels.softmax(x, x, 900, 53);
  return x.array;
});
