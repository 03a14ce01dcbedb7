import { NONE, Random } from "@sequitur/core";
import { describe, expect, test } from "vitest";
import { binomialTail } from "../distributions/beta.js";
import { studentQuantile } from "../distributions/student.js";
import { meanInterval } from "./mean-interval.js";
import { shareLimits } from "./share-interval.js";

/** Share of the experiments whose interval covers the truth. */
function coverage(size: number, truth: number, draw: (random: Random) => number, experiments = 2000): number {
  const random = new Random(`coverage ${size}`);
  let covered = 0;
  for (let experiment = 0; experiment < experiments; experiment++) {
    const { low, high } = meanInterval(Float64Array.from({ length: size }, () => draw(random)));
    if (low <= truth && truth <= high) covered++;
  }
  return covered / experiments;
}

/** P(X = k) of a binomial, by the difference of two tails. */
const mass = (k: number, n: number, p: number) => binomialTail(k, n, p) - binomialTail(k + 1, n, p);

/** The coverage of the interval of a hit rate, exactly: over every number of hits. */
function hitCoverage(n: number, rate: number): number {
  let covered = 0;
  for (let hits = 0; hits <= n; hits++) {
    const probability = mass(hits, n, rate);
    if (probability < 1e-12) continue;
    const { low, high } = meanInterval(Float64Array.from({ length: n }, (_, i) => Number(i < hits)));
    if (low <= rate && rate <= high) covered += probability;
  }
  return covered;
}

describe("meanInterval", () => {
  test.each([10, 11, 20, 30, 50, 100, 200, 500, 1000])(
    "covers a hit rate of 0.01 in %i queries, counted exactly",
    (n) => {
      expect(hitCoverage(n, 0.01)).toBeGreaterThan(0.93);
    },
  );

  test.each([0.02, 0.05, 0.3, 0.5, 0.97, 0.99])("covers a hit rate of %f", (rate) => {
    for (const n of [10, 25, 60, 150]) expect(hitCoverage(n, rate)).toBeGreaterThan(0.93);
  });

  test.each([10, 30, 100])("covers the mean of %i normal values within two points", (n) => {
    expect(Math.abs(coverage(n, 0, (random) => random.normal()) - 0.95)).toBeLessThan(0.02);
    expect(Math.abs(coverage(n, 0.5, (random) => 0.5 + 0.08 * random.normal()) - 0.95)).toBeLessThan(0.02);
  });

  test("covers the mean of rare and unequal gains, as NDCG has them", () => {
    const gain = (random: Random) => (random.uniform() < 0.1 ? 1 / Math.log2(2 + random.integer(10)) : 0);
    const truth = (0.1 * Array.from({ length: 10 }, (_, i) => 1 / Math.log2(2 + i)).reduce((a, b) => a + b)) / 10;
    for (const n of [10, 50, 200]) expect(coverage(n, truth, gain, 1000)).toBeGreaterThan(0.925);
  });

  test("never has no width: nothing found in n queries leaves about 3 / n possible", () => {
    for (const n of [10, 50, 1000]) {
      const { low, high, mean } = meanInterval(new Float64Array(n));
      expect([low, mean]).toEqual([0, 0]);
      expect(high).toBeCloseTo(1 - (0.025 / 0.6) ** (1 / n), 9);
      const all = meanInterval(new Float64Array(n).fill(1));
      expect([all.low, all.high]).toEqual([expect.closeTo(1 - high, 9), 1]);
    }
    const half = meanInterval(new Float64Array(20).fill(0.5));
    expect(half.low).toBeLessThan(0.35);
    expect(half.high).toBeGreaterThan(0.65);
  });

  test("is Student's t for amounts", () => {
    const values = Float64Array.of(3, 5, 8, 12);
    const reach = (studentQuantile(0.975, 3) * Math.sqrt(46 / 3)) / 2;
    expect(meanInterval(values)).toEqual({
      count: 4,
      units: 4,
      mean: 7,
      low: expect.closeTo(7 - reach, 9),
      high: expect.closeTo(7 + reach, 9),
      standardError: expect.closeTo(Math.sqrt(46 / 3) / 2, 12),
    });
  });

  test("queries of one user are one unit: single values are far too sure", () => {
    const root = new Random("users");
    let [covered, single] = [0, 0];
    for (let experiment = 0; experiment < 400; experiment++) {
      const random = root.fork(experiment);
      const clusters: number[] = [];
      const values: number[] = [];
      for (let user = 0; user < 20; user++) {
        const rate = Math.min(0.95, Math.max(0.05, 0.5 + 0.25 * random.normal()));
        const queries = Math.ceil(Math.exp(1 + random.normal()));
        for (let query = 0; query < queries; query++) {
          clusters.push(user);
          values.push(Number(random.uniform() < rate));
        }
      }
      const covers = (options = {}) => {
        const { low, high } = meanInterval(Float64Array.from(values), options);
        return Number(low <= 0.5 && 0.5 <= high);
      };
      covered += covers({ clusters: Int32Array.from(clusters) });
      single += covers();
    }
    expect(covered / 400).toBeGreaterThan(0.92);
    expect(single / 400).toBeLessThan(0.88);
  });

  test("unequal users count as fewer: Student's t of their effective number, less one", () => {
    // One user has 6 of 10 queries: 1 / (0.6^2 + 4 x 0.1^2) = 2.5 users.
    const clusters = Int32Array.of(0, 0, 0, 0, 0, 0, 1, 2, 3, 4);
    const values = Float64Array.of(3, 5, 8, 12, 4, 7, 2, 9, 11, 6);
    const { low, high, mean, units, standardError } = meanInterval(values, { clusters });
    const reach = studentQuantile(0.975, 1.5) * standardError;
    expect([units, low, high]).toEqual([5, expect.closeTo(mean - reach, 9), expect.closeTo(mean + reach, 9)]);
  });

  test("one value has no interval, none has no mean; undefined values and labels of nobody", () => {
    const nothing = { low: Number.NaN, high: Number.NaN, standardError: Number.NaN };
    expect(meanInterval(Float64Array.of(4))).toEqual({ count: 1, units: 1, mean: 4, ...nothing });
    expect(meanInterval(new Float64Array(0))).toEqual({ count: 0, units: 0, mean: Number.NaN, ...nothing });
    const values = Float64Array.of(Number.NaN, 1, 0, 1, 0.5);
    expect(meanInterval(values)).toEqual(meanInterval(Float64Array.of(1, 0, 1, 0.5)));
    expect(meanInterval(values, { clusters: new Int32Array(5).fill(NONE) })).toEqual(meanInterval(values));
    expect(meanInterval(values, { clusters: new Int32Array(5) }).low).toBeNaN();
    expect(() => meanInterval(values, { level: 1 })).toThrow("level must be in (0, 1), got 1");
  });
});

test("shareLimits solves its equations", () => {
  for (const [found, trials] of [
    [1, 10],
    [3, 50],
    [49, 50],
    [200, 1000],
  ] as const) {
    const { low, high } = shareLimits(found, trials, 0.025);
    const more = (p: number) => binomialTail(found + 1, trials, p) + 0.6 * mass(found, trials, p);
    expect(more(low)).toBeCloseTo(0.025, 8);
    // P(fewer) + 0.6 P(as many).
    expect(1 - binomialTail(found, trials, high) + 0.6 * mass(found, trials, high)).toBeCloseTo(0.025, 8);
  }
});
