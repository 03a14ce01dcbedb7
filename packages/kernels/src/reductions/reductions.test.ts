import { expect, it } from "vitest";
import { eachEngine, expectClose, sameBitsOnAnyThreads } from "../each-engine.js";

const NONE = Number.NEGATIVE_INFINITY;

eachEngine("reductions", (stage) => {
  it("sums values and squares of any length", () => {
    for (const length of [0, 1, 5, 255, 256, 257, 100_003]) {
      const { random, kernels, memory } = stage();
      const x = random(length);
      let [sum, squares] = [0, 0];
      for (const value of x.array) {
        sum += value;
        squares += value * value;
      }
      expect(Math.abs(kernels.sum(x) - sum)).toBeLessThan(1e-7 * (length + 1));
      expect(Math.abs(kernels.sumOfSquares(x) - squares)).toBeLessThan(1e-7 * (length + 1));
      memory.release(x);
    }
    expect(stage().kernels.sum(stage().floats([1, Number.NaN, 2]))).toBeNaN();
    expect(stage().kernels.sum(stage().floats([1, Infinity]))).toBe(Infinity);
  });

  it("reduces rows and columns", () => {
    for (const [rows, width] of [
      [0, 3],
      [3, 0],
      [1, 1],
      [5, 6],
      [2000, 35],
    ] as const) {
      const { random, stale, kernels, memory } = stage();
      const [x, sums, means, peaks, columns] = [
        random(rows * width),
        stale(rows),
        stale(rows),
        stale(rows),
        random(width),
      ];
      const places = memory.ints(rows);
      const table = Array.from({ length: rows }, (_, row) => [...x.array.subarray(row * width, (row + 1) * width)]);
      const total = (values: number[]): number => values.reduce((sum, value) => sum + value, 0);
      const before = columns.array.slice();
      kernels.rowSums(sums, x, rows, width);
      kernels.rowMeans(means, x, rows, width);
      kernels.rowMax(peaks, x, rows, width);
      kernels.rowArgmax(places, x, rows, width);
      expectClose(sums.array, table.map(total), 1e-5);
      expectClose(
        means.array,
        table.map((values) => total(values) / width),
        1e-6,
      );
      expectClose(
        peaks.array,
        table.map((values) => Math.max(...values)),
        0,
      );
      expect([...places.array]).toEqual(table.map((values) => values.indexOf(Math.max(...values))));
      kernels.columnSums(columns, x, rows, width, true);
      const want = Array.from({ length: width }, (_, j) => total(table.map((values) => values[j])));
      expectClose(
        columns.array,
        want.map((value, j) => value + before[j]),
        3e-5,
      );
      kernels.columnSums(columns, x, rows, width);
      expectClose(columns.array, want, 3e-5);
    }
  });

  it("passes NaN over in extremes, and takes the first of equals", () => {
    const { floats, kernels, memory, stale } = stage();
    const x = floats([
      Number.NaN,
      2,
      2,
      1,
      0,
      NONE,
      Number.NaN,
      NONE,
      NONE,
      NONE,
      Number.NaN,
      Number.NaN,
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
    const [peaks, places] = [stale(3), memory.ints(3)];
    kernels.rowMax(peaks, x, 3, 5);
    kernels.rowArgmax(places, x, 3, 5);
    expect([...peaks.array]).toEqual([2, NONE, NONE]);
    expect([...places.array]).toEqual([1, 0, -1]);
  });

  it("names the shape that does not fit", () => {
    const { stale, kernels } = stage();
    expect(() => kernels.rowSums(stale(1), stale(6), 2, 3)).toThrow("rowSums: out (rows) must hold 2 elements, got 1.");
    expect(() => kernels.columnSums(stale(3), stale(5), 2, 3)).toThrow("columnSums: x (rows, width)");
  });
});

sameBitsOnAnyThreads("sums", ({ kernels, random, floats, stale }) => {
  const [x, columns] = [random(300_001), stale(7)];
  kernels.columnSums(columns, x, 40_000, 7);
  return floats([kernels.sum(x), kernels.sumOfSquares(x), ...columns.array]).array;
});
