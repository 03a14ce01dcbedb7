import { Random } from "@sequitur/core";
import { expect, it } from "vitest";
import { eachEngine, expectClose, sameBitsOnAnyThreads, type Stage } from "../each-engine.js";
import { type CompressedRows } from "./sparse.js";

interface Entry {
  readonly row: number;
  readonly column: number;
  readonly value: number;
}

function randomEntries(rows: number, columns: number, count: number): Entry[] {
  const random = new Random(`${rows} x ${columns}`);
  return Array.from({ length: rows === 0 || columns === 0 ? 0 : count }, () => ({
    row: random.integer(rows),
    column: random.integer(columns),
    value: random.uniform() - 0.5,
  })).sort((a, b) => a.row - b.row);
}

function sparse(
  stage: Stage,
  rows: number,
  columns: number,
  entries: readonly Entry[],
  withValues = true,
): CompressedRows {
  const { memory } = stage;
  const offsets = Array.from({ length: rows + 1 }, (_, row) => entries.filter((entry) => entry.row < row).length);
  return {
    rows,
    columns,
    offsets: memory.intsFrom(offsets),
    indices: memory.intsFrom(entries.map((entry) => entry.column)),
    ...(withValues && { values: memory.floatsFrom(entries.map((entry) => entry.value)) }),
  };
}

const SIZES = [
  [0, 4, 4, 0],
  [3, 4, 0, 5],
  [1, 1, 1, 1],
  [5, 7, 3, 12],
  [40, 30, 13, 200],
  [600, 500, 64, 4000],
] as const;

eachEngine("sparseMatmul", (stage) => {
  it("adds up value x row entry by entry, into a fresh or a standing out", () => {
    for (const [rows, columns, width, count] of SIZES) {
      const entries = randomEntries(rows, columns, count);
      for (const withValues of [true, false]) {
        for (const accumulate of [true, false]) {
          const a = sparse(stage(), rows, columns, entries, withValues);
          const [x, out] = [stage().random(columns * width), stage().random(rows * width)];
          const want = Float64Array.from(out.array, (value) => (accumulate ? value : 0));
          for (const { row, column, value } of entries) {
            for (let k = 0; k < width; k++) {
              want[row * width + k] += (withValues ? value : 1) * x.array[column * width + k];
            }
          }
          stage().kernels.sparseMatmul(out, a, x, { width, accumulate });
          expectClose(out.array, want, 1e-5);
        }
      }
    }
  });

  it("has the transposed product for the gradient of x, and sparseValuesGradient for that of the values", () => {
    const [rows, columns, width] = [6, 5, 7];
    const entries = randomEntries(rows, columns, 14);
    const { kernels, random, memory, floats } = stage();
    const a = sparse(stage(), rows, columns, entries);
    const turned = entries
      .map(({ row, column, value }) => ({ row: column, column: row, value }))
      .sort((left, right) => left.row - right.row);
    const transposed = sparse(stage(), columns, rows, turned);
    const [x, weights] = [random(columns * width), random(rows * width)];
    /** sum of weights * (A x), in float64. */
    const loss = (values: ArrayLike<number>, dense: ArrayLike<number>): number => {
      let sum = 0;
      entries.forEach(({ row, column }, entry) => {
        for (let k = 0; k < width; k++)
          sum += weights.array[row * width + k] * values[entry] * dense[column * width + k];
      });
      return sum;
    };
    const numeric = (at: Float64Array, f: (at: Float64Array) => number): number[] =>
      Array.from(at, (value, i) => {
        const [up, down] = [at.slice(), at.slice()];
        up[i] = value + 1e-3;
        down[i] = value - 1e-3;
        return (f(up) - f(down)) / 2e-3;
      });
    const values = Float64Array.from(entries, (entry) => entry.value);
    const dense = Float64Array.from(x.array);
    const [dx, dvalues] = [memory.floats(columns * width), memory.floats(entries.length)];
    kernels.sparseMatmul(dx, transposed, weights, { width });
    kernels.sparseValuesGradient(dvalues, a, weights, x, { width });
    expectClose(
      dx.array,
      numeric(dense, (at) => loss(values, at)),
      1e-4,
    );
    expectClose(
      dvalues.array,
      numeric(values, (at) => loss(at, dense)),
      1e-4,
    );
    expect(floats([]).length).toBe(0);
  });

  it("lets NaN and infinity through", () => {
    const { kernels, memory } = stage();
    const a = sparse(stage(), 2, 2, [
      { row: 0, column: 0, value: 1 },
      { row: 1, column: 1, value: -1 },
    ]);
    const out = memory.floats(2);
    kernels.sparseMatmul(out, a, memory.floatsFrom([Number.NaN, Infinity]), { width: 1 });
    expect([...out.array]).toEqual([Number.NaN, -Infinity]);
  });

  it("checks shapes and indices", () => {
    const { kernels, memory } = stage();
    const a = sparse(stage(), 2, 2, [{ row: 0, column: 1, value: 1 }]);
    const [out, x] = [memory.floats(4), memory.floats(4)];
    expect(() => kernels.sparseMatmul(out, a, memory.floats(3), { width: 2 })).toThrow("x (columns x width)");
    expect(() => kernels.sparseMatmul(memory.floats(3), a, x, { width: 2 })).toThrow("out (rows x width)");
    const outside = { ...a, indices: memory.intsFrom([2]) };
    expect(() => kernels.sparseMatmul(out, outside, x, { width: 2 })).toThrow("must be in [0, 2), got 2 at 0");
    const descending = { ...a, offsets: memory.intsFrom([0, 2, 1]) };
    expect(() => kernels.sparseMatmul(out, descending, x, { width: 2 })).toThrow("must ascend");
    const short = { ...a, values: memory.floats(0) };
    expect(() => kernels.sparseMatmul(out, short, x, { width: 2 })).toThrow("values (entries)");
  });
});

sameBitsOnAnyThreads("sparseMatmul", (stage) => {
  const [rows, columns, width] = [900, 300, 33];
  const a = sparse(stage, rows, columns, randomEntries(rows, columns, 9000));
  const out = stage.memory.floats(rows * width);
  stage.kernels.sparseMatmul(out, a, stage.random(columns * width), { width });
  return out.array;
});
