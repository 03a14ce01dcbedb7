import { Random } from "@sequitur/core";
import { describe, expect, test } from "vitest";
import { pairedTest, pairedTests } from "./paired-test.js";
import { signFlips } from "./sign-flips.js";

const seeded = (seed: number | string = 1) => ({ random: new Random(seed) });
const zeros = (size: number) => new Float64Array(size);

/** P(|sum| at least as large) over all 2^n signs, one by one. */
function enumerated(values: readonly number[]): number {
  const observed = Math.abs(values.reduce((a, b) => a + b, 0));
  let asFar = 0;
  for (let signs = 0; signs < 2 ** values.length; signs++) {
    const sum = values.reduce((total, value, i) => total + ((signs >> i) & 1 ? value : -value), 0);
    if (Math.abs(sum) >= observed - 1e-12) asFar++;
  }
  return asFar / 2 ** values.length;
}

describe("signFlips", () => {
  test("equals the enumeration of all signs up to 13 units that differ, zeros and ties included", () => {
    const random = new Random("flips");
    for (let round = 0; round < 60; round++) {
      const values = Array.from({ length: 1 + random.integer(11) }, () => random.integer(7) - 3);
      const [found] = signFlips([Float64Array.from([...values, 0, 0])], 100, random);
      expect(found).toEqual({ pValue: expect.closeTo(enumerated(values), 12), exact: true });
    }
  });

  test("sums that are equal on paper count as equal, whatever rounding makes of them", () => {
    const random = new Random("rounding");
    for (let round = 0; round < 60; round++) {
      for (const size of [2 + random.integer(10), 16]) {
        const whole = Float64Array.from({ length: size }, () => random.integer(7) - 3);
        const flips = (values: Float64Array) => signFlips([values], 300, new Random(round))[0];
        expect(flips(whole.map((value) => value * 0.1))).toEqual(flips(whole));
        expect(flips(whole.map((value) => value / 7))).toEqual(flips(whole));
      }
    }
  });

  test("random signs agree with the enumeration where both can be had", () => {
    const random = new Random("drawn");
    const values = Array.from({ length: 16 }, () => random.normal() + 0.4);
    const [found] = signFlips([Float64Array.from(values)], 20_000, random);
    expect(found!.exact).toBe(false);
    expect(found!.pValue).toBeCloseTo(enumerated(values), 1.7);
  });

  test("the smallest p-value is that of the one pattern drawn for certain, never 0", () => {
    const [found] = signFlips([new Float64Array(60).fill(1)], 99, new Random(1));
    expect(found!.pValue).toBe(1 / 100);
  });

  test("refuses a number of patterns that is none", () => {
    expect(() => signFlips([], 0, new Random(1))).toThrow("resamples must be a positive integer, got 0");
  });
});

describe("pairedTest", () => {
  // Five pairs have 32 sign patterns, so 5 % cannot be reached.
  test.each([
    [5, 0],
    [10, 0.033],
    [15, 0.033],
    [30, 0.033],
  ])("rejects at 5 %% at most that often with %i pairs without a difference", (n, least) => {
    const root = new Random("null");
    let [rejected, covered] = [0, 0];
    for (let experiment = 0; experiment < 1500; experiment++) {
      const random = root.fork(experiment);
      const a = Float64Array.from({ length: n }, () => random.normal());
      const { pValue, low, high } = pairedTest(a, zeros(n), { random, resamples: 199 });
      rejected += Number(pValue <= 0.05);
      covered += Number(low <= 0 && 0 <= high);
    }
    // Three standard deviations of a binomial share of 1,500 at 0.05 are 0.017.
    expect(rejected / 1500).toBeLessThan(0.067);
    expect(rejected / 1500).toBeGreaterThanOrEqual(least);
    expect(covered / 1500).toBeGreaterThan(0.93);
  });

  test("finds a difference that is there", () => {
    const root = new Random("power");
    let rejected = 0;
    for (let experiment = 0; experiment < 200; experiment++) {
      const random = root.fork(experiment);
      const a = Float64Array.from({ length: 100 }, () => random.normal() + 0.4);
      rejected += Number(pairedTest(a, zeros(100), { random, resamples: 199 }).pValue <= 0.05);
    }
    expect(rejected / 200).toBeGreaterThan(0.9);
  });

  test("covers the difference of hit rates of 1 % and of one that is never found", () => {
    for (const n of [10, 50, 200]) {
      const root = new Random("rare");
      let [covered, same] = [0, 0];
      for (let experiment = 0; experiment < 500; experiment++) {
        const random = root.fork(experiment);
        const [a, b] = [0, 1].map(() => Float64Array.from({ length: n }, () => Number(random.uniform() < 0.01)));
        const one = pairedTest(a!, zeros(n), { random, resamples: 20 });
        const two = pairedTest(a!, b!, { random, resamples: 20 });
        covered += Number(one.low <= 0.01 && 0.01 <= one.high);
        same += Number(two.low <= 0 && 0 <= two.high);
      }
      expect(covered / 500).toBeGreaterThan(0.93);
      expect(same / 500).toBeGreaterThan(0.93);
    }
  });

  test("runs that agree everywhere leave about 3 / n either way", () => {
    const a = Float64Array.from({ length: 50 }, (_, i) => Number(i % 10 === 0));
    const same = pairedTest(a, a, seeded());
    const limit = 1 - (0.025 / 0.6) ** (1 / 50);
    expect(same).toMatchObject({ count: 50, units: 50, difference: 0, standardError: 0, pValue: 1 });
    expect([same.low, same.high]).toEqual([expect.closeTo(-limit, 9), expect.closeTo(limit, 9)]);
  });

  test("pairs matter: a small steady gain shows although single values vary much", () => {
    const random = new Random("steady");
    const base = Float64Array.from({ length: 200 }, () => 10 * random.normal());
    const gained = base.map((value) => value + 0.1 + 0.05 * random.normal());
    const found = pairedTest(gained, base, seeded());
    expect(found.pValue).toBe(1 / 2001);
    expect(found.low).toBeGreaterThan(0);
  });

  test("pairs of one user change sign together", () => {
    const clusters = Int32Array.from({ length: 100 }, (_, row) => row % 2);
    const a = Float64Array.from(clusters, (user) => (user === 0 ? 1 : -0.8));
    const single = pairedTest(a, zeros(100), seeded());
    const whole = pairedTest(a, zeros(100), { ...seeded(), clusters });
    expect(whole).toMatchObject({ units: 2, pValue: 1, exact: true });
    expect(whole.standardError).toBeGreaterThan(4 * single.standardError);
  });

  test("each run gets what it gets alone, also beside one with gaps", () => {
    const random = new Random("alone");
    const base = Float64Array.from({ length: 60 }, () => random.uniform());
    const full = base.map((value) => value + 0.2 * random.normal());
    const gaps = full.map((value, row) => (row % 7 === 0 ? Number.NaN : value));
    const together = pairedTests([full, gaps], base, seeded());
    expect(together).toEqual([pairedTest(full, base, seeded()), pairedTest(gaps, base, seeded())]);
  });

  test("one pair says nothing; runs of different length cannot be paired", () => {
    expect(pairedTest(Float64Array.of(5), Float64Array.of(1), seeded())).toMatchObject({ count: 1, pValue: 1 });
    expect(() => pairedTest(zeros(2), zeros(3), seeded())).toThrow("got 2 and 3");
  });
});
