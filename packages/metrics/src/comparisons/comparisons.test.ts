import { Random } from "@sequitur/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareAll, comparePaired } from "./compare.js";
import { holm } from "./holm.js";
import { normalTail } from "../distributions/normal.js";
import { wilcoxon, type ZeroRule } from "./wilcoxon.js";

const seeded = (seed: number | string = 1) => ({ random: new Random(seed) });
const ofDifferences = (differences: readonly number[], zeros: ZeroRule = "pratt") =>
  wilcoxon(Float64Array.from(differences), new Float64Array(differences.length), { zeros });

/** Tail of a normal by the trapezoid rule on a fine grid. */
function slowTail(z: number): number {
  const step = 1e-4;
  let sum = 0;
  for (let x = z; x < z + 12; x += step) sum += Math.exp((-x * x) / 2) + Math.exp((-(x + step) * (x + step)) / 2);
  return (sum * step) / 2 / Math.sqrt(2 * Math.PI);
}

/** Mean ranks of |d| by counting, for the differences that are not 0. */
function slowSignedRanks(differences: readonly number[], zeros: ZeroRule): { rank: number; sign: number }[] {
  const ranked = zeros === "pratt" ? differences : differences.filter((d) => d !== 0);
  return ranked
    .filter((d) => d !== 0)
    .map((d) => {
      const smaller = ranked.filter((other) => Math.abs(other) < Math.abs(d)).length;
      const equal = ranked.filter((other) => Math.abs(other) === Math.abs(d)).length;
      return { rank: smaller + (equal + 1) / 2, sign: Math.sign(d) };
    });
}

/** Two-sided p-value over all 2^n assignments of signs. */
function enumeratedP(differences: readonly number[], zeros: ZeroRule): number {
  const signed = slowSignedRanks(differences, zeros);
  const middle = signed.reduce((sum, { rank }) => sum + rank, 0) / 2;
  const observed = signed.reduce((sum, { rank, sign }) => sum + (sign > 0 ? rank : 0), 0);
  let asFar = 0;
  for (let signs = 0; signs < 2 ** signed.length; signs++) {
    const sum = signed.reduce((total, { rank }, i) => total + ((signs >> i) & 1 ? rank : 0), 0);
    if (Math.abs(sum - middle) >= Math.abs(observed - middle)) asFar++;
  }
  return asFar / 2 ** signed.length;
}

describe("wilcoxon", () => {
  test("textbook: the depression scores of Hollander & Wolfe (V = 40, p = 0.0391)", () => {
    const before = Float64Array.of(1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3);
    const after = Float64Array.of(0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29);
    const result = wilcoxon(before, after);
    expect(result).toMatchObject({ count: 9, zeros: 0, positive: 40, negative: 5, method: "exact" });
    expect(result.pValue).toBeCloseTo(20 / 512, 12);
    expect(result.effect).toBeCloseTo(35 / 45, 12);
  });

  test("textbook: Darwin's plants (smaller sum 24, p = 0.0413)", () => {
    const result = ofDifferences([6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75]);
    expect(result).toMatchObject({ positive: 96, negative: 24 });
    expect(result.pValue).toBeCloseTo(0.041259765625, 12);
  });

  test("by hand: the two rules for zeros", () => {
    // |d| = 0, 0, 1, 2, 2: Pratt ranks 3, 4.5, 4.5; without the zeros 1, 2.5, 2.5.
    expect(ofDifferences([0, 2, -1, 0, 2], "pratt")).toMatchObject({ positive: 9, negative: 3, count: 3, zeros: 2 });
    expect(ofDifferences([0, 2, -1, 0, 2], "wilcoxon")).toMatchObject({ positive: 5, negative: 1, count: 3, zeros: 2 });
  });

  test("the exact p-value equals the enumeration of all signs, with ties and zeros", () => {
    const small = fc.array(fc.integer({ min: -4, max: 4 }), { maxLength: 10 });
    fc.assert(
      fc.property(small, fc.constantFrom<ZeroRule>("pratt", "wilcoxon"), (differences, zeros) => {
        const { pValue, positive, negative, method } = ofDifferences(differences, zeros);
        const signed = slowSignedRanks(differences, zeros);
        const sumOf = (wanted: number) => signed.reduce((sum, { rank, sign }) => sum + (sign === wanted ? rank : 0), 0);
        expect([positive, negative, method]).toEqual([sumOf(1), sumOf(-1), "exact"]);
        expect(pValue).toBeCloseTo(enumeratedP(differences, zeros), 10);
      }),
      { numRuns: 150, seed: 4 },
    );
  });

  test("the normal p-value equals the textbook formula with corrections for ties and continuity", () => {
    const random = new Random("normal");
    for (let round = 0; round < 20; round++) {
      const differences = Array.from({ length: 40 + random.integer(30) }, () => random.integer(9) - 3).filter(
        (d) => d !== 0,
      );
      const n = differences.length;
      const result = ofDifferences(differences);
      const sizes = [1, 2, 3, 4, 5].map((size) => differences.filter((d) => Math.abs(d) === size).length);
      const ties = sizes.reduce((sum, t) => sum + t ** 3 - t, 0);
      const variance = (n * (n + 1) * (2 * n + 1)) / 24 - ties / 48;
      const z = Math.max(0, Math.abs(result.positive - (n * (n + 1)) / 4) - 0.5) / Math.sqrt(variance);
      expect(result.method).toBe("normal");
      expect(result.pValue).toBeCloseTo(Math.min(1, 2 * slowTail(z)), 7);
    }
  });

  test("exact and normal meet where one gives way to the other", () => {
    // 26 distinct sizes; every third difference is negative. The p-value of 25 of them is exact.
    const differences = Array.from({ length: 26 }, (_, i) => (i % 3 === 0 ? -(i + 1) : i + 1));
    const exact = ofDifferences(differences.slice(0, 25));
    expect(exact.method).toBe("exact");
    const [n, w] = [25, exact.positive];
    const z = (Math.abs(w - (n * (n + 1)) / 4) - 0.5) / Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
    expect(exact.pValue).toBeCloseTo(2 * slowTail(z), 2);
    expect(ofDifferences(differences).method).toBe("normal");
  });

  test("differences that are equal on paper are tied, and those left by rounding are zeros", () => {
    const a = Float64Array.of(0.3, 0.7, 0.1 + 0.2, 0.9);
    const b = Float64Array.of(0.2, 0.8, 0.3, 0.8);
    expect(wilcoxon(a, b, { zeros: "wilcoxon" })).toMatchObject({ count: 3, zeros: 1, positive: 4, negative: 2 });
  });

  test("no difference at all, undefined values, swapped runs", () => {
    expect(ofDifferences([0, 0])).toEqual({
      count: 0,
      zeros: 2,
      positive: 0,
      negative: 0,
      effect: 0,
      pValue: 1,
      method: "exact",
    });
    const [a, b] = [Float64Array.of(1, Number.NaN, 3, 2), Float64Array.of(0, 1, Number.NaN, 5)];
    const [forth, back] = [wilcoxon(a, b), wilcoxon(b, a)];
    expect(forth).toMatchObject({ count: 2, positive: 1, negative: 2 });
    expect(back).toMatchObject({ count: 2, positive: 2, negative: 1, pValue: forth.pValue });
  });
});

test("normalTail equals the integral and known values", () => {
  for (const z of [0, 0.1, 0.5, 1, 1.7, 2.4, 2.5, 2.6, 3.5, 5]) expect(normalTail(z) / slowTail(z)).toBeCloseTo(1, 6);
  expect(normalTail(0)).toBe(0.5);
  expect(normalTail(1.959963984540054)).toBeCloseTo(0.025, 14);
  expect(normalTail(6) / 9.865876450376946e-10).toBeCloseTo(1, 11);
  expect(normalTail(2.5 - 1e-10) / normalTail(2.5)).toBeCloseTo(1, 8);
  expect(normalTail(60)).toBe(0);
});

describe("holm", () => {
  test("by hand", () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    for (const [i, p] of [0.03, 0.06, 0.06, 0.02].entries()) expect(adjusted[i]).toBeCloseTo(p, 12);
    expect(holm([0.5, 0.9])).toEqual([1, 1]);
    expect(holm([0.2])).toEqual([0.2]);
    expect(holm([])).toEqual([]);
  });

  test("never below the p-value, keeps the order, never above Bonferroni", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }), (ps) => {
        const adjusted = holm(ps);
        for (const [i, p] of ps.entries()) {
          expect(adjusted[i]! >= p && adjusted[i]! <= Math.min(1, p * ps.length)).toBe(true);
          expect(ps.every((q, j) => p > q || adjusted[i]! <= adjusted[j]!)).toBe(true);
        }
      }),
      { seed: 5 },
    );
  });

  test.each([-0.1, 1.1, Number.NaN])("refuses %s", (p) => {
    expect(() => holm([0.5, p])).toThrow(`in [0, 1], got ${p}`);
  });
});

describe("comparePaired and compareAll", () => {
  const a = Float64Array.of(1, 0, 1, Number.NaN, 1, 0.5);
  const b = Float64Array.of(0, 0, 1, 1, 0.5, 1);

  test("counts wins, losses and ties over the pairs that are defined", () => {
    const compared = comparePaired(a, b, seeded());
    expect(compared).toMatchObject({ count: 5, meanA: 0.7, meanB: 0.5, wins: 2, losses: 1, ties: 2 });
    expect(compared.paired.difference).toBeCloseTo(0.2, 12);
    expect(compared.wilcoxon).toEqual(wilcoxon(a, b));
  });

  test("compares every run with the baseline and corrects for their number", () => {
    const random = new Random("runs");
    const base = Float64Array.from({ length: 80 }, () => random.uniform());
    const shifted = (shift: number) => base.map((value) => value + shift + 0.5 * random.normal());
    const runs = new Map([
      ["good", shifted(0.4)],
      ["base", base],
      ["same", shifted(0)],
      ["fair", shifted(0.15)],
    ]);
    const compared = compareAll(runs, "base", seeded());
    expect(compared.map(({ run }) => run)).toEqual(["good", "same", "fair"]);
    expect(compared.map(({ adjusted }) => adjusted.wilcoxon)).toEqual(holm(compared.map((one) => one.wilcoxon.pValue)));
    expect(compared.map(({ adjusted }) => adjusted.paired)).toEqual(holm(compared.map((one) => one.paired.pValue)));
    expect(compared[0]!.adjusted.paired).toBeLessThan(0.01);
    expect(compared[1]!.adjusted.paired).toBeGreaterThan(0.05);
    // A run's numbers do not depend on which other runs are there.
    const alone = compareAll(
      new Map([
        ["fair", runs.get("fair")!],
        ["base", base],
      ]),
      "base",
      seeded(),
    );
    expect(alone[0]!.paired).toEqual(compared[2]!.paired);
  });

  test("an unknown baseline lists the runs", () => {
    expect(() =>
      compareAll(
        new Map([
          ["x", a],
          ["y", b],
        ]),
        "z",
        seeded(),
      ),
    ).toThrow("one of x, y, got z");
  });
});
