import { expect, it } from "vitest";
import { PlatformError } from "@sequitur/core";
import { eachEngine, expectClose, sameBitsOnAnyThreads } from "../each-engine.js";
import { type MatmulShape } from "./matmul.js";

/** The definition, in float64, written another way round than the kernel's plain twin. */
function expected(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  shape: MatmulShape,
  before?: ArrayLike<number>,
): number[] {
  const { m, n, k, batch = 1, strideA = m * k, strideB = k * n, strideOut = m * n } = shape;
  const out = Array.from(before ?? { length: (batch - 1) * strideOut + m * n }, (x) => (shape.accumulate ? x : 0));
  for (let z = 0; z < batch; z++) {
    for (let p = 0; p < k; p++) {
      for (let i = 0; i < m; i++) {
        const x = a[z * strideA + (shape.transposeA ? p * m + i : i * k + p)];
        for (let j = 0; j < n; j++) {
          out[z * strideOut + i * n + j] += x * b[z * strideB + (shape.transposeB ? j * k + p : p * n + j)];
        }
      }
    }
  }
  return out;
}

const SIZES = [
  [0, 3, 4],
  [3, 0, 4],
  [3, 4, 0],
  [1, 1, 1],
  [1, 9, 5],
  [4, 8, 4],
  [5, 7, 3],
  [13, 17, 29],
  [33, 8, 300],
  [6, 70, 517],
  [300, 40, 64],
] as const;

/** More than are multiplied without packing. */
const ROWS = 6;

eachEngine("matmul", (stage) => {
  for (const [transposeA, transposeB] of [
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ] as const) {
    it(`agrees with the definition, A ${transposeA ? "T" : "N"}, B ${transposeB ? "T" : "N"}`, () => {
      for (const [m, n, k] of SIZES) {
        for (const accumulate of [false, true]) {
          const shape = { m, n, k, transposeA, transposeB, accumulate };
          const [a, b, out] = [stage().random(m * k), stage().random(k * n), stage().random(m * n)];
          const want = expected(a.array, b.array, shape, out.array.slice());
          stage().kernels.matmul(out, a, b, shape);
          expectClose(out.array, want, 1e-6 * Math.sqrt(k + 1));
        }
      }
    });
  }

  it("multiplies a batch, with one shared B, and with gaps between results", () => {
    const { random, kernels, stale } = stage();
    const shape = { m: 5, n: 6, k: 7, batch: 9, strideOut: 37 };
    const [a, b, out] = [random(5 * 7 * 9), random(7 * 6 * 9), stale(37 * 9)];
    kernels.matmul(out, a, b, shape);
    const want = expected(a.array, b.array, shape);
    for (let z = 0; z < 9; z++) {
      expectClose(out.array.slice(z * 37, z * 37 + 30), want.slice(z * 37, z * 37 + 30), 1e-6);
      expect(out.array.slice(z * 37 + 30, z * 37 + 37).every((x) => x === 7.5)).toBe(true);
    }
    const shared = { m: 5, n: 6, k: 7, batch: 9, strideB: 0 };
    const dense = stale(5 * 6 * 9);
    kernels.matmul(dense, a, b, shared);
    expectClose(dense.array, expected(a.array, b.array, shared), 1e-6);
  });

  it("gives few rows the bits that they have among more", () => {
    const { random, floats, kernels, stale } = stage();
    for (const [n, k] of [
      [37, 64],
      [16, 5],
      [15, 8],
      [100, 301],
      [70, 0],
      [1, 3],
    ] as const) {
      for (const accumulate of [false, true]) {
        const [a, b, before] = [random(ROWS * k), random(n * k), random(ROWS * n)];
        const together = floats(before.array);
        kernels.matmul(together, a, b, { m: ROWS, n, k, transposeB: true, accumulate });
        for (const m of [1, 2, 3]) {
          for (let row = 0; row + m <= ROWS; row++) {
            const few = floats(before.array.subarray(row * n, (row + m) * n));
            kernels.matmul(few, a.part(row * k, m * k), b, { m, n, k, transposeB: true, accumulate });
            expect(few.array).toEqual(together.array.slice(row * n, (row + m) * n));
          }
        }
      }
    }
    const many = stale(9 * 40 - 3);
    const [a, b] = [random(9 * 7), random(9 * 7 * 37)];
    const shape = { m: 1, n: 37, k: 7, batch: 9, strideOut: 40, transposeB: true };
    kernels.matmul(many, a, b, shape);
    const want = expected(a.array, b.array, shape);
    for (let z = 0; z < 9; z++) {
      expectClose(many.array.slice(z * 40, z * 40 + 37), want.slice(z * 40, z * 40 + 37), 1e-6);
      expect(many.array.slice(z * 40 + 37, z * 40 + 40).every((x) => x === 7.5)).toBe(true);
    }
  });

  it("lets NaN and infinity through, and only where they belong", () => {
    const { floats, kernels, stale } = stage();
    const a = floats([1, 0, 0, 1, Infinity, 1, 0, NaN, 2, 2]); // 5 x 2
    const b = floats([1, 2, 3, 4]); // 2 x 2
    const out = stale(10);
    kernels.matmul(out, a, b, { m: 5, n: 2, k: 2 });
    expect([...out.array]).toEqual([1, 2, 3, 4, Infinity, Infinity, NaN, NaN, 8, 12]);
  });

  it("writes nothing beyond its result", () => {
    const { random, kernels, stale } = stage();
    const out = stale(3 * 5 + 40);
    kernels.matmul(out, random(6), random(10), { m: 3, n: 5, k: 2 });
    expect(out.array.slice(15).every((x) => x === 7.5)).toBe(true);
  });

  it("names the shape that does not fit", () => {
    const { random, kernels, stale, memory } = stage();
    const call = (shape: MatmulShape) => () => kernels.matmul(stale(4), random(6), random(6), shape);
    expect(call({ m: 2, n: 2, k: 4 })).toThrow("matmul: a (batch, m, k) must hold 8 elements, got 6.");
    expect(call({ m: 2, n: 3, k: 2 })).toThrow("matmul: out (batch, m, n) must hold 6 elements, got 4.");
    expect(call({ m: -1, n: 3, k: 2 })).toThrow(PlatformError);
    expect(call({ m: 1.5, n: 2, k: 2 })).toThrow("matmul: m must be a non-negative integer");
    const freed = random(4);
    memory.release(freed);
    expect(() => kernels.matmul(freed, random(4), random(4), { m: 2, n: 2, k: 2 })).toThrow("a block that was freed");
  });
});

sameBitsOnAnyThreads("matmul of few rows", ({ kernels, random, stale }) => {
  const out = stale(3 * 2 * 1003);
  kernels.matmul(out, random(3 * 2 * 333), random(3 * 333 * 1003), {
    m: 2,
    n: 1003,
    k: 333,
    batch: 3,
    transposeB: true,
  });
  return out.array;
});

sameBitsOnAnyThreads("matmul", ({ kernels, random, stale }) => {
  const out = stale(201 * 77);
  kernels.matmul(out, random(201 * 333), random(333 * 77), { m: 201, n: 77, k: 333 });
  return out.array;
});
