import { Random } from "@sequitur/core";
import { describe, expect, test } from "vitest";
import { binomialTail, incompleteBeta, logBeta } from "./beta.js";
import { chiSquareTail, logGamma, upperGamma } from "./gamma.js";
import { kolmogorovTail } from "./kolmogorov.js";
import { normalCdf, normalQuantile, normalTail } from "./normal.js";
import { studentQuantile, studentTail } from "./student.js";

/** |got / wanted - 1| below the tolerance. */
function expectRelative(got: number, wanted: number, tolerance: number): void {
  expect(Math.abs(got / wanted - 1), `${got} for ${wanted}`).toBeLessThan(tolerance);
}

/** The integral of f over [low, high] by Simpson's rule: the slow, obvious check. */
function integral(f: (x: number) => number, low: number, high: number, steps = 20_000): number {
  const step = (high - low) / steps;
  let sum = f(low) + f(high);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * f(low + i * step);
  return (sum * step) / 3;
}

describe("normal", () => {
  test("tabulated values", () => {
    expectRelative(normalTail(1), 0.158655253931457, 1e-12);
    expectRelative(normalTail(5), 2.866515718791933e-7, 1e-12);
    expectRelative(normalTail(10), 7.619853024160527e-24, 1e-12);
    expectRelative(normalTail(37), 5.725571222524577e-300, 1e-11);
    expect(normalCdf(-1.96)).toBeCloseTo(0.024997895148220435, 15);
    expect(normalCdf(1.96)).toBeCloseTo(0.9750021048517795, 15);
  });

  test.each([
    [0.975, 1.959963984540054],
    [0.995, 2.5758293035489004],
    [0.8, 0.8416212335729143],
    [1e-10, -6.361340902404056],
    [0.5, 0],
  ])("quantile of %s", (p, z) => {
    expect(normalQuantile(p)).toBeCloseTo(z, 12);
  });

  test("quantile and tail are inverse over 300 orders of magnitude", () => {
    for (let exponent = 0.31; exponent < 300; exponent *= 1.13) {
      const p = 10 ** -exponent;
      expectRelative(normalTail(-normalQuantile(p)), p, 1e-10);
    }
  });

  test.each([0, 1, -0.1, Number.NaN])("refuses the quantile of %s", (p) => {
    expect(() => normalQuantile(p)).toThrow("in (0, 1)");
  });
});

describe("gamma and chi-square", () => {
  test("ln Gamma at whole and half numbers", () => {
    for (let n = 1, factorial = 1; n <= 20; factorial *= n++) expect(logGamma(n)).toBeCloseTo(Math.log(factorial), 12);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 13);
  });

  test("tabulated 95 % and 99.9 % points", () => {
    expect(chiSquareTail(3.841458820694124, 1)).toBeCloseTo(0.05, 12);
    expect(chiSquareTail(11.070497693516351, 5)).toBeCloseTo(0.05, 12);
    expect(chiSquareTail(124.34211340400407, 100)).toBeCloseTo(0.05, 12);
    expect(chiSquareTail(10.827566170662733, 1)).toBeCloseTo(0.001, 12);
    expect(chiSquareTail(0, 3)).toBe(1);
  });

  test("one degree is a squared normal, two an exponential", () => {
    for (const x of [0.01, 0.5, 2, 9, 40, 200]) {
      expectRelative(chiSquareTail(x, 1), 2 * normalTail(Math.sqrt(x)), 1e-11);
      expectRelative(chiSquareTail(x, 2), Math.exp(-x / 2), 1e-12);
    }
  });

  test("the integral of the density", () => {
    for (const [a, x] of [
      [2.5, 1],
      [30, 28],
      [30, 60],
    ] as const) {
      const density = (t: number) => Math.exp((a - 1) * Math.log(t) - t - logGamma(a));
      expect(upperGamma(a, x)).toBeCloseTo(integral(density, x, x + 150), 10);
    }
  });
});

describe("beta, binomial and Student", () => {
  test("the integral of the density", () => {
    for (const [a, b, x] of [
      [2, 3, 0.3],
      [20, 5.5, 0.9],
      [3, 400, 0.004],
    ] as const) {
      const density = (t: number) =>
        t <= 0 || t >= 1 ? 0 : Math.exp((a - 1) * Math.log(t) + (b - 1) * Math.log(1 - t) - logBeta(a, b));
      expect(incompleteBeta(a, b, x)).toBeCloseTo(integral(density, 0, x), 9);
    }
  });

  test("a binomial tail is the sum of its terms", () => {
    let sum = 0;
    let term = 0.3 ** 12;
    for (let k = 12; k >= 0; k--) {
      sum += term;
      expect(binomialTail(k, 12, 0.3)).toBeCloseTo(sum, 13);
      term *= (k / (13 - k)) * (0.7 / 0.3);
    }
    expect(binomialTail(13, 12, 0.3)).toBe(0);
  });

  test.each([
    [0.975, 1, 12.706204736432095],
    [0.975, 10, 2.2281388519649385],
    [0.95, 4, 2.1318467863266499],
    [0.995, 120, 2.617421145106865],
    [0.0005, 7, -5.407882520861723],
  ])("quantile %s at %s degrees", (p, degrees, t) => {
    expectRelative(studentQuantile(p, degrees), t, 1e-9);
    expectRelative(studentTail(Math.abs(t), degrees), Math.min(p, 1 - p), 1e-9);
  });

  test("one degree is Cauchy, also far out; a million degrees are nearly normal; infinite ones are", () => {
    for (const t of [0.1, 1, 30, 1e6]) {
      expectRelative(studentTail(t, 1), Math.atan2(1, t) / Math.PI, 1e-10);
      expect(studentTail(-t, 1)).toBeCloseTo(1 - Math.atan2(1, t) / Math.PI, 12);
    }
    expectRelative(studentQuantile(1 - 1e-9, 1), 1e9 / Math.PI, 1e-6);
    // Fisher's expansion: the tail exceeds the normal one by density * (t^3 + t) / (4 degrees).
    const excess = (Math.exp(-2) / Math.sqrt(2 * Math.PI)) * (10 / 4e6);
    expect(studentTail(2, 1e6)).toBeCloseTo(normalTail(2) + excess, 11);
    expect(studentTail(2, Infinity)).toBe(normalTail(2));
  });
});

describe("kolmogorov", () => {
  test("tabulated critical values of the limit: 1.358 at 5 %, 1.628 at 1 %, and both series meet", () => {
    const n = 1e12;
    expect(kolmogorovTail(1.3581 / Math.sqrt(n), n)).toBeCloseTo(0.05, 4);
    expect(kolmogorovTail(1.6276 / Math.sqrt(n), n)).toBeCloseTo(0.01, 4);
    expect(kolmogorovTail(0.9999999 / Math.sqrt(n), n)).toBeCloseTo(kolmogorovTail(1.0000001 / Math.sqrt(n), n), 6);
    expect(kolmogorovTail(0, 50)).toBe(1);
  });

  test("covers the share of uniform samples that it says", () => {
    const random = new Random("kolmogorov");
    const n = 40;
    let beyond = 0;
    for (let sample = 0; sample < 4000; sample++) {
      const values = Float64Array.from({ length: n }, () => random.uniform()).sort();
      let distance = 0;
      for (let i = 0; i < n; i++) distance = Math.max(distance, (i + 1) / n - values[i]!, values[i]! - i / n);
      if (kolmogorovTail(distance, n) < 0.1) beyond++;
    }
    // Four binomial standard deviations of 4,000 at 0.1 are 0.019.
    expect(Math.abs(beyond / 4000 - 0.1)).toBeLessThan(0.019);
  });
});
