import { listOf, Random, raggedFrom, type RaggedItems } from "@sequitur/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { calibration } from "./calibration.js";
import { catalogCoverage, exposureGini } from "./exposure.js";
import { intraListDiversity } from "./intra-list-diversity.js";
import { itemCategories } from "./item-categories.js";
import { listMetrics } from "./list-metrics.js";
import { novelty, recommendationPopularity } from "./popularity.js";
import { categoryJaccard, vectorCosine } from "./similarities.js";

const NAMES = ["bar", "cafe", "museum", "park", "zoo"];

/** Lists of distinct items, some short or empty, with histories, counts and categories for each item. */
function randomCase(random: Random) {
  const items = 5 + random.integer(20);
  const all = Array.from({ length: items }, (_, item) => item);
  const lists = raggedFrom(
    Array.from({ length: 1 + random.integer(8) }, () => random.shuffle([...all]).slice(0, random.integer(items))),
  );
  const histories = raggedFrom(
    Array.from({ length: lists.offsets.length - 1 }, () =>
      all.flatMap((item) => (random.integer(3) ? [] : [item, item])),
    ),
  );
  const trainCounts = all.map(() => random.integer(6));
  const categories = all.map(() => NAMES.filter(() => random.integer(3) === 0));
  return { items, lists, histories, trainCounts, categories, k: 1 + random.integer(10) };
}

const rowsOf = (lists: RaggedItems) =>
  Array.from({ length: lists.offsets.length - 1 }, (_, row) => [...listOf(lists, row)]);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const near = (value: number) => (Number.isNaN(value) ? value : expect.closeTo(value, 10));

function expectAll(actual: Float64Array, expected: readonly number[]): void {
  expect([...actual]).toEqual(expected.map(near));
}

describe("coverage and Gini of exposure", () => {
  const lists = raggedFrom([[0, 1, 2], [0, 1], [0]]);

  test("by hand", () => {
    expect(catalogCoverage(lists, 1, 4)).toBe(0.25);
    expect(catalogCoverage(lists, 3, 4)).toBe(0.75);
    // Exposures 3, 2, 1, 0: (3 x 3 + 1 x 2 - 1 x 1 - 3 x 0) / (4 x 6).
    expect(exposureGini(lists, 3, 4)).toBeCloseTo(10 / 24, 12);
    expect(
      exposureGini(
        raggedFrom([
          [0, 1],
          [2, 3],
        ]),
        2,
        4,
      ),
    ).toBe(0);
    expect(exposureGini(raggedFrom([[0], [0]]), 1, 4)).toBe(0.75);
    expect(exposureGini(raggedFrom([[]]), 1, 4)).toBeNaN();
  });

  test("Gini is half of the relative mean absolute difference", () => {
    const random = new Random("gini");
    for (let round = 0; round < 100; round++) {
      const { lists, items, k } = randomCase(random);
      const shown = rowsOf(lists).flatMap((row) => row.slice(0, k));
      const exposures = Array.from({ length: items }, (_, item) => shown.filter((one) => one === item).length);
      const gaps = exposures.flatMap((x) => exposures.map((y) => Math.abs(x - y)));
      const expected = mean(gaps) / (2 * mean(exposures));
      expect(exposureGini(lists, k, items)).toEqual(near(expected));
      expect(catalogCoverage(lists, k, items)).toBe(new Set(shown).size / items);
    }
  });
});

describe("novelty and popularity", () => {
  test("by hand: a cold item counts as one seen once", () => {
    const lists = raggedFrom([[0, 1], [2], []]);
    const counts = [4, 2, 0, 2];
    expectAll(novelty(lists, 2, counts), [(1 + 2) / 2, 3, Number.NaN]);
    expectAll(recommendationPopularity(lists, 2, counts), [3, 0, Number.NaN]);
    expectAll(recommendationPopularity(lists, 1, counts), [4, 0, Number.NaN]);
  });

  test("equal the mean of the definition", () => {
    const random = new Random("novelty");
    for (let round = 0; round < 100; round++) {
      const { lists, trainCounts, k } = randomCase(random);
      const total = trainCounts.reduce((sum, count) => sum + count, 0);
      const tops = rowsOf(lists).map((row) => row.slice(0, k));
      const bits = tops.map((top) => mean(top.map((item) => -Math.log2((trainCounts[item] || 1) / total))));
      expectAll(novelty(lists, k, trainCounts), bits);
      expectAll(
        recommendationPopularity(lists, k, trainCounts),
        tops.map((top) => mean(top.map((i) => trainCounts[i]!))),
      );
    }
  });
});

describe("intra-list diversity", () => {
  test("by hand", () => {
    const jaccard = categoryJaccard(itemCategories([["a", "b"], ["b", "a", "a"], ["b", "c"], []]));
    expect(jaccard(0, 1)).toBe(1);
    expect(jaccard(0, 2)).toBeCloseTo(1 / 3, 12);
    expect(jaccard(3, 3)).toBe(0);
    expectAll(intraListDiversity(raggedFrom([[0, 1, 2], [0], []]), 3, jaccard), [
      1 - (1 + 1 / 3 + 1 / 3) / 3,
      Number.NaN,
      Number.NaN,
    ]);
    expectAll(intraListDiversity(raggedFrom([[0, 1, 2]]), 2, jaccard), [0]);
  });

  test("Jaccard and cosine equal their set and vector definitions", () => {
    const random = new Random("diversity");
    for (let round = 0; round < 60; round++) {
      const { lists, items, categories, k } = randomCase(random);
      const width = 3;
      const vectors = Float32Array.from({ length: items * width }, () => random.integer(5) - 2);
      const jaccard = (a: number, b: number) => {
        const either = new Set([...categories[a]!, ...categories[b]!]).size;
        return either === 0 ? 0 : categories[a]!.filter((name) => categories[b]!.includes(name)).length / either;
      };
      const cosine = (a: number, b: number) => {
        const [x, y] = [a, b].map((item) => [...vectors.subarray(item * width, item * width + width)]);
        const dot = (u: number[], v: number[]) => u.reduce((sum, value, d) => sum + value * v[d]!, 0);
        return dot(x!, y!) / Math.sqrt(dot(x!, x!) * dot(y!, y!)) || 0;
      };
      const slow = (similarity: typeof jaccard) =>
        rowsOf(lists).map((row) => {
          const top = row.slice(0, k);
          return 1 - mean(top.flatMap((a) => top.filter((b) => b !== a).map((b) => similarity(a, b))));
        });
      expectAll(intraListDiversity(lists, k, categoryJaccard(itemCategories(categories))), slow(jaccard));
      expectAll(intraListDiversity(lists, k, vectorCosine(vectors, width)), slow(cosine));
    }
  });

  test("bad vectors", () => {
    expect(() => vectorCosine(new Float32Array(7), 2)).toThrow("width must divide the 7 values of vectors, got 2");
  });
});

describe("calibration", () => {
  test("by hand: a list of one category for a history of two", () => {
    const categories = itemCategories([["a"], ["b"], ["a", "b"], []]);
    const histories = raggedFrom([[0, 0, 0, 1], [0, 1], [2], [3], [0]]);
    const lists = raggedFrom([[0, 3], [2, 0, 1], [0], [0], [3]]);
    const expected = 0.75 * Math.log(0.75 / (0.99 + 0.01 * 0.75)) + 0.25 * Math.log(0.25 / (0.01 * 0.25));
    const half = 0.5 * Math.log(0.5 / (0.99 + 0.005)) + 0.5 * Math.log(0.5 / 0.005);
    expectAll(calibration(lists, 3, histories, categories), [expected, 0, half, Number.NaN, Number.NaN]);
  });

  test("equals the definition, is at least 0 and at most -ln(alpha)", () => {
    const random = new Random("calibration");
    for (let round = 0; round < 100; round++) {
      const { lists, histories, categories, k } = randomCase(random);
      const alpha = 0.05;
      const share = (items: readonly number[]) => {
        const named = items.filter((item) => categories[item]!.length > 0);
        return NAMES.map((name) =>
          mean(named.map((item) => (categories[item]!.includes(name) ? 1 / categories[item]!.length : 0))),
        );
      };
      const slow = rowsOf(lists).map((row, i) => {
        const [p, q] = [share(rowsOf(histories)[i]!), share(row.slice(0, k))];
        const terms = p.map((x, g) => {
          const smooth = (1 - alpha) * q[g]! + alpha * x;
          return x === 0 && !Number.isNaN(smooth) ? 0 : x * Math.log(x / smooth);
        });
        return terms.reduce((sum, term) => sum + term, 0);
      });
      const actual = calibration(lists, k, histories, itemCategories(categories), { alpha });
      expectAll(
        actual,
        slow.map((value) => Math.max(value, 0)),
      );
      for (const value of actual) expect(value >= 0 && value <= -Math.log(alpha) + 1e-9).toBe(!Number.isNaN(value));
    }
  });

  test("refuses a bad alpha, k and number of histories", () => {
    const categories = itemCategories([["a"]]);
    const lists = raggedFrom([[0]]);
    expect(() => calibration(lists, 1, lists, categories, { alpha: 0 })).toThrow("alpha must be in (0, 1], got 0");
    expect(() => calibration(lists, 0, lists, categories)).toThrow("k must be a positive integer, got 0");
    expect(() => calibration(lists, 1, raggedFrom([]), categories)).toThrow("for each of 1 queries, got 0");
    expect(() => calibration(raggedFrom([[1]]), 1, lists, categories)).toThrow(
      "must be in [0, 1), got 1 at position 0",
    );
  });
});

describe("listMetrics", () => {
  test("names every value by its cut-off and leaves out what it has no input for", () => {
    const lists = raggedFrom([
      [0, 1],
      [1, 2],
    ]);
    const bare = listMetrics(lists, { cutoffs: [1, 2], trainCounts: [3, 2, 1] });
    expect([...bare.totals.keys()]).toEqual(["coverage@1", "gini@1", "coverage@2", "gini@2"]);
    expect([...bare.queries.keys()]).toEqual(["novelty@1", "popularity@1", "novelty@2", "popularity@2"]);
    const categories = itemCategories([["a"], ["b"], ["a"]]);
    const full = listMetrics(lists, { cutoffs: [2], trainCounts: [3, 2, 1], categories, histories: lists });
    expect([...full.queries.keys()]).toEqual(["novelty@2", "popularity@2", "diversity@2", "calibration@2"]);
    expect([...full.queries.get("diversity@2")!]).toEqual([1, 1]);
    expect([...full.queries.get("calibration@2")!]).toEqual([0, 0]);
    expect(full.totals.get("coverage@2")).toBe(1);
    expect(() => listMetrics(lists, { cutoffs: [2], trainCounts: [1, 1, 1], histories: lists })).toThrow(
      "needs categories",
    );
  });

  test("coverage, Gini and diversity are in [0, 1]", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const { lists, trainCounts, categories, k } = randomCase(new Random(seed));
        const { totals, queries } = listMetrics(lists, {
          cutoffs: [k],
          trainCounts,
          categories: itemCategories(categories),
        });
        const values = [...totals.values(), ...queries.get(`diversity@${k}`)!].filter((value) => !Number.isNaN(value));
        expect(values.every((value) => value >= -1e-12 && value <= 1 + 1e-12)).toBe(true);
      }),
      { numRuns: 100, seed: 3 },
    );
  });
});
