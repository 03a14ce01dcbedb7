import { describe, expect, it } from "vitest";
import { inverseNormal, normalAt, normalRow, rowStream } from "./counter-normal.js";

describe("the counter-based normals", () => {
  const draws = (count: number, of: (at: number) => number) => Float64Array.from({ length: count }, (_, at) => of(at));
  const moments = (values: Float64Array) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const central = (power: number) => values.reduce((sum, value) => sum + (value - mean) ** power, 0) / values.length;
    return { mean, variance: central(2), skew: central(3), kurtosis: central(4) };
  };

  it.each<[string, (at: number) => number]>([
    ["dimensions", (at) => normalAt(rowStream(7, 3), at)],
    ["rows", (at) => normalAt(rowStream(7, at), 0)],
    ["draws", (at) => normalAt(rowStream(at, 3), 0)],
  ])("are standard normal along %s, and neighbours are independent", (_, of) => {
    const values = draws(100_000, of);
    const { mean, variance, skew, kurtosis } = moments(values);
    expect(Math.abs(mean)).toBeLessThan(0.015);
    expect(Math.abs(variance - 1)).toBeLessThan(0.02);
    expect(Math.abs(skew)).toBeLessThan(0.04);
    expect(Math.abs(kurtosis - 3)).toBeLessThan(0.1);
    let together = 0;
    for (let at = 1; at < values.length; at++) together += values[at] * values[at - 1];
    expect(Math.abs(together / values.length)).toBeLessThan(0.015);
  });

  it("depend on their place alone", () => {
    const row = new Float32Array(30);
    normalRow(row, 5, 11);
    for (const dim of [29, 0, 13]) expect(Math.fround(normalAt(rowStream(5, 11), dim))).toBe(row[dim]);
    expect(normalAt(rowStream(5, 11), 0)).not.toBe(normalAt(rowStream(6, 11), 0));
  });

  it("invert the normal distribution", () => {
    for (const [p, z] of [
      [0.5, 0],
      [0.975, 1.959964],
      [0.84134475, 1],
      [1e-6, -4.753424],
      [1 - 1e-9, 5.997807],
      [1e-11, -6.706023],
    ] as const) {
      expect(inverseNormal(p)).toBeCloseTo(z, 5);
    }
  });
});
