import { NONE, Random } from "@sequitur/core";
import { describe, expect, test } from "vitest";
import { bootstrapInterval } from "./bootstrap-interval.js";
import { quantile, resampledMeans } from "./resampled-means.js";

const seeded = (seed: number | string = 1) => ({ random: new Random(seed) });
const normals = (random: Random, size: number) => Float64Array.from({ length: size }, () => random.normal());

/** Share of 300 experiments whose interval covers the true mean 0. */
function coverage(draw: (random: Random) => { values: Float64Array; clusters?: Int32Array }): number {
  const root = new Random("coverage");
  let covered = 0;
  for (let experiment = 0; experiment < 300; experiment++) {
    const random = root.fork(experiment);
    const { values, clusters } = draw(random);
    const options = { random: random.fork("bootstrap"), level: 0.9, resamples: 500, ...(clusters && { clusters }) };
    const { low, high } = bootstrapInterval(values, options);
    if (low <= 0 && 0 <= high) covered++;
  }
  return covered / 300;
}

/** 20 users of 10 queries that share most of what decides their value. */
function clustered(random: Random) {
  const users = normals(random, 20);
  const clusters = Int32Array.from({ length: 200 }, (_, row) => Math.floor(row / 10));
  return { values: Float64Array.from(clusters, (user) => users[user]! + 0.3 * random.normal()), clusters };
}

describe("bootstrapInterval", () => {
  test("two values give the four possible samples", () => {
    // Means 0, 1/2, 1/2, 1 with equal probability: the 20 % and 80 % quantiles are 0 and 1, the deviation sqrt(1/8).
    const interval = bootstrapInterval(Float64Array.of(0, 1), { ...seeded(), level: 0.6, resamples: 20_000 });
    expect(interval).toMatchObject({ count: 2, mean: 0.5, low: 0, high: 1 });
    expect(interval.standardError).toBeCloseTo(Math.sqrt(1 / 8), 2);
  });

  test("agrees with the normal interval on many values", () => {
    const values = normals(new Random("many"), 4_000);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    const error = deviation / Math.sqrt(values.length);
    const interval = bootstrapInterval(values, { ...seeded(), resamples: 4_000 });
    expect(interval.mean).toBeCloseTo(mean, 12);
    expect(interval.standardError / error).toBeCloseTo(1, 1);
    expect((interval.low - mean) / error).toBeCloseTo(-1.96, 0.5);
    expect((interval.high - mean) / error).toBeCloseTo(1.96, 0.5);
  });

  test("covers the truth as often as it says: 300 experiments, nominal 90 %", () => {
    // Four standard deviations of a binomial share of 300 at 0.9 are 0.07.
    expect(Math.abs(coverage((random) => ({ values: normals(random, 80) })) - 0.9)).toBeLessThan(0.07);
    const skewed = (random: Random) => ({
      values: Float64Array.from({ length: 200 }, () => (random.uniform() < 0.2 ? 1 : 0) - 0.2),
    });
    expect(Math.abs(coverage(skewed) - 0.9)).toBeLessThan(0.07);
  });

  test("the same seed gives the same bits, another one does not; the values are left alone", () => {
    const values = normals(new Random("bits"), 50);
    const copy = values.slice();
    const first = bootstrapInterval(values, seeded());
    expect(bootstrapInterval(values, seeded())).toEqual(first);
    expect(bootstrapInterval(values, seeded(2)).low).not.toBe(first.low);
    expect(values).toEqual(copy);
  });

  test("undefined values are left out", () => {
    const interval = bootstrapInterval(Float64Array.of(Number.NaN, 1, 2, 3, Number.NaN), seeded());
    expect(interval).toEqual(bootstrapInterval(Float64Array.of(1, 2, 3), seeded()));
    expect(interval.count).toBe(3);
  });

  test("one value has a mean but no interval, none has neither; equal values have an interval of no width", () => {
    const nothing = { low: Number.NaN, high: Number.NaN, standardError: Number.NaN };
    expect(bootstrapInterval(Float64Array.of(4), seeded())).toEqual({ count: 1, units: 1, mean: 4, ...nothing });
    expect(bootstrapInterval(new Float64Array(0), seeded())).toEqual({
      count: 0,
      units: 0,
      mean: Number.NaN,
      ...nothing,
    });
    const equal = bootstrapInterval(Float64Array.of(2, 2, 2), seeded());
    expect(equal).toEqual({ count: 3, units: 3, mean: 2, low: 2, high: 2, standardError: 0 });
  });

  test.each([0, 1, -1, Number.NaN])("refuses level %s", (level) => {
    expect(() => bootstrapInterval(new Float64Array(3), { ...seeded(), level })).toThrow(`in (0, 1), got ${level}`);
  });

  test.each([0, 1.5, Number.NaN])("refuses %s resamples", (resamples) => {
    expect(() => bootstrapInterval(new Float64Array(3), { ...seeded(), resamples })).toThrow(
      `integer, got ${resamples}`,
    );
  });
});

describe("clusters", () => {
  test("covers as often as it says where single values are far too sure", () => {
    expect(Math.abs(coverage(clustered) - 0.9)).toBeLessThan(0.08);
    expect(coverage((random) => ({ values: clustered(random).values }))).toBeLessThan(0.6);
  });

  test("the mean is over values, not over clusters", () => {
    const interval = bootstrapInterval(Float64Array.of(0, 0, 0, 1), {
      ...seeded(),
      clusters: Int32Array.of(5, 5, 5, 9),
      level: 0.6,
    });
    expect(interval).toMatchObject({ count: 4, mean: 0.25, low: 0, high: 1 });
  });

  test("clusters of one value, and queries of nobody, are values of their own", () => {
    const values = normals(new Random("single"), 40);
    const plain = bootstrapInterval(values, seeded());
    const by = (clusters: Int32Array) => bootstrapInterval(values, { ...seeded(), clusters });
    expect(by(Int32Array.from(values.keys()))).toEqual(plain);
    expect(by(new Int32Array(40).fill(NONE))).toEqual(plain);
    expect(by(new Int32Array(40)).low).toBeNaN();
  });

  test("refuses labels of another length", () => {
    expect(() => bootstrapInterval(new Float64Array(3), { ...seeded(), clusters: new Int32Array(2) })).toThrow(
      "3 labels like values, got 2",
    );
  });
});

describe("resampledMeans", () => {
  const random = new Random("columns");
  const clusters = Int32Array.from({ length: 90 }, (_, row) => (row % 10 === 0 ? NONE : row % 17));
  const dense = normals(random, 90);
  const sparse = dense.map((value) => (value > 1 ? value : 0));
  const gaps = dense.map((value, row) => (row % 7 === 0 ? Number.NaN : value));

  test("gives each column what it gets alone, bit for bit", () => {
    for (const options of [{ resamples: 300 }, { clusters, resamples: 77 }]) {
      const columns = [dense, sparse, gaps, dense];
      const alone = columns.map((values) => resampledMeans([values], { ...seeded(), ...options })[0]);
      expect(resampledMeans(columns, { ...seeded(), ...options })).toEqual(alone);
    }
  });

  test("agrees with drawing one user after the other", () => {
    const users = [...new Set(clusters)]
      .filter((user) => user !== NONE)
      .map((user) => [...clusters.keys()].filter((row) => clusters[row] === user));
    const units = [...users, ...[...clusters.keys()].filter((row) => clusters[row] === NONE).map((row) => [row])];
    const slow = Float64Array.from({ length: 4000 }, () => {
      const rows = units.flatMap(() => units[random.integer(units.length)]!);
      return rows.reduce((sum, row) => sum + sparse[row]!, 0) / rows.length;
    }).sort();
    const { low, high, standardError } = bootstrapInterval(sparse, { ...seeded(), clusters, resamples: 4000 });
    expect(Math.abs(low - quantile(slow, 0.025))).toBeLessThan(0.15 * standardError);
    expect(Math.abs(high - quantile(slow, 0.975))).toBeLessThan(0.2 * standardError);
  });

  test("no columns, no means", () => expect(resampledMeans([], { ...seeded(), resamples: 10 })).toEqual([]));
});

test("quantile is linear between the two nearest values", () => {
  const sorted = Float64Array.of(10, 20, 40);
  expect([0, 0.25, 0.5, 0.75, 1].map((p) => quantile(sorted, p))).toEqual([10, 15, 20, 30, 40]);
});
