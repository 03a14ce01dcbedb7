import { Random } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { invertSpd } from "./spd-inverse.js";

/** X^T X + n I of random normals: symmetric and positive definite. */
function randomSpd(n: number, random: Random): Float64Array {
  const x = Float64Array.from({ length: n * n }, () => random.normal());
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = i === j ? n : 0;
      for (let p = 0; p < n; p++) sum += x[p * n + i]! * x[p * n + j]!;
      matrix[i * n + j] = sum;
    }
  }
  return matrix;
}

describe("invertSpd", () => {
  // Around the tile of 4 and the block of 32, and several blocks with a rest.
  it.each([0, 1, 2, 3, 4, 5, 31, 32, 33, 63, 64, 65, 127, 150])(
    "times the matrix is the identity at n = %d",
    async (n) => {
      const matrix = randomSpd(n, new Random(`spd ${n}`));
      const inverse = matrix.slice();
      await invertSpd(inverse, n);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let p = 0; p < n; p++) sum += matrix[i * n + p]! * inverse[p * n + j]!;
          expect(Math.abs(sum - (i === j ? 1 : 0))).toBeLessThan(1e-10);
          expect(inverse[i * n + j]).toBe(inverse[j * n + i]);
        }
      }
    },
  );

  it("reads the lower triangle only", async () => {
    const matrix = Float64Array.of(4, 99, 1, 3);
    await invertSpd(matrix, 2);
    [3 / 11, -1 / 11, -1 / 11, 4 / 11].forEach((value, at) => expect(matrix[at]).toBeCloseTo(value, 12));
  });

  it("stays exact enough when ill-conditioned", async () => {
    // The Hilbert matrix of order 6, condition 1.5e7; its inverse holds whole numbers.
    const n = 6;
    const hilbert = Float64Array.from({ length: n * n }, (_, at) => 1 / (Math.floor(at / n) + (at % n) + 1));
    await invertSpd(hilbert, n);
    expect(hilbert[0]).toBeCloseTo(36, 5);
    expect(hilbert[n * n - 1]! / 698_544).toBeCloseTo(1, 6);
  });

  it.each([
    ["zero", Float64Array.of(1, 1, 1, 1)],
    ["negative", Float64Array.of(1, 2, 2, 1)],
    ["NaN", Float64Array.of(Number.NaN, 0, 0, 1)],
  ])("refuses a matrix with a %s pivot", async (_, matrix) => {
    await expect(invertSpd(matrix, 2)).rejects.toThrow(/must be positive definite, got pivot/);
  });

  it("leaves when cancelled", async () => {
    const signal = AbortSignal.abort();
    await expect(invertSpd(Float64Array.of(1), 1, { signal })).rejects.toMatchObject({ code: "cancelled" });
  });
});
