import { listOf, Random, raggedFrom, type RaggedItems } from "@sequitur/core";
import { describe, expect, test } from "vitest";
import { acceptedValue, worthOf } from "./accepted-value.js";
import { exposureByGroup, exposureFairness, listRecall, userGap } from "./fairness.js";
import { itemCategories } from "./item-categories.js";
import { listMetrics } from "./list-metrics.js";
import { personalisation } from "./personalisation.js";
import { calibrationError, pooledAveragePrecision, pooledScores, poolOf } from "./pooled-scores.js";
import { rankBiasedOverlap } from "./rank-biased-overlap.js";
import { ratingErrors } from "./rating-errors.js";
import { serendipity } from "./serendipity.js";

const rows = (lists: RaggedItems): number[][] =>
  Array.from({ length: lists.offsets.length - 1 }, (_, row) => [...listOf(lists, row)]);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Lists, answers and histories over a few items, some empty. */
function drawn(random: Random) {
  const items = 4 + random.integer(16);
  const all = Array.from({ length: items }, (_, item) => item);
  const queries = 2 + random.integer(8);
  const some = (most: number) =>
    raggedFrom(Array.from({ length: queries }, () => random.shuffle([...all]).slice(0, random.integer(most + 1))));
  const names = ["a", "b", "c"];
  return {
    items,
    k: 1 + random.integer(6),
    lists: some(items),
    targets: some(3),
    histories: some(6),
    users: Int32Array.from({ length: queries }, (_, row) => row),
    counts: all.map(() => random.integer(9)),
    worth: all.map(() => random.integer(50)),
    labels: all.map(() => names.filter(() => random.integer(2) === 0)),
  };
}

const NEAR = (value: number): unknown => (Number.isNaN(value) ? value : expect.closeTo(value, 12));

describe("against slow second implementations", () => {
  test("serendipity, value, recall of lists and fairness of exposure", () => {
    const random = new Random("answered");
    for (let round = 0; round < 60; round++) {
      const { lists, targets, k, counts, worth, labels, items } = drawn(random);
      const byCount = [...counts.keys()].sort((a, b) => counts[b]! - counts[a]! || a - b).slice(0, k);
      const each = rows(lists).map((list, row) => {
        const right = rows(targets)[row]!;
        const found = list.slice(0, k).filter((item) => right.includes(item));
        if (right.length === 0) return [Number.NaN, Number.NaN, Number.NaN];
        return [
          found.filter((item) => !byCount.includes(item)).length / k,
          found.reduce((sum, item) => sum + worth[item]!, 0),
          found.length / right.length,
        ];
      });
      expect([...serendipity(lists, k, targets, counts)]).toEqual(each.map(([value]) => NEAR(value!)));
      expect([...acceptedValue(lists, k, targets, worth)]).toEqual(each.map(([, value]) => NEAR(value!)));
      expect([...listRecall(lists, k, targets)]).toEqual(each.map(([, , value]) => NEAR(value!)));
      const groups = exposureByGroup(lists, k, targets, itemCategories(labels));
      const part = (item: number, name: string) => (labels[item]!.includes(name) ? 1 / labels[item]!.length : 0);
      const raw = groups.map(({ name }) => ({
        exposure: rows(lists)
          .flatMap((list) => list.slice(0, k).map((item, place) => part(item, name) / Math.log2(place + 2)))
          .reduce((sum, value) => sum + value, 0),
        merit: rows(targets)
          .flat()
          .reduce((sum, item) => sum + part(item, name), 0),
      }));
      const sum = (key: "exposure" | "merit") => raw.reduce((total, group) => total + group[key], 0);
      groups.forEach((group, g) => {
        expect(group.exposure).toEqual(NEAR(raw[g]!.exposure / sum("exposure")));
        expect(group.merit).toEqual(NEAR(raw[g]!.merit / sum("merit")));
      });
      expect(items).toBe(counts.length);
    }
  });

  test("pooled average precision and calibration error", () => {
    const random = new Random("pooled");
    for (let round = 0; round < 60; round++) {
      const { lists, targets, k } = drawn(random);
      const scores = Float32Array.from(lists.items, () => random.integer(5) / 4);
      const pool = pooledScores({ ...lists, scores }, k, targets);
      const entries = rows(lists).flatMap((list, row) =>
        list.slice(0, k).map((item, place) => ({
          score: scores[lists.offsets[row]! + place]!,
          right: rows(targets)[row]!.includes(item),
        })),
      );
      const steps = [...new Set(entries.map(({ score }) => score))].sort((a, b) => b - a);
      const all = entries.filter(({ right }) => right).length;
      const precision = steps.map((step) => {
        const taken = entries.filter(({ score }) => score >= step);
        const own = entries.filter(({ score, right }) => score === step && right).length;
        return (own / all) * (taken.filter(({ right }) => right).length / taken.length);
      });
      expect(pooledAveragePrecision(pool)).toEqual(NEAR(all === 0 ? Number.NaN : precision.reduce((a, b) => a + b, 0)));
      const bins = Array.from({ length: 10 }, (_, bin) =>
        entries.filter(({ score }) => Math.min(9, Math.floor(score * 10)) === bin),
      );
      const gaps = bins.map((bin) =>
        bin.length === 0
          ? 0
          : (bin.length / entries.length) *
            Math.abs(mean(bin.map(({ score }) => score)) - mean(bin.map(({ right }) => Number(right)))),
      );
      const error = calibrationError(pool);
      expect(error).toEqual(NEAR(entries.length === 0 ? Number.NaN : gaps.reduce((a, b) => a + b, 0)));
      const even = poolOf(pool, (item) => item % 2 === 0);
      expect([...even.items]).toEqual([...pool.items].filter((item) => item % 2 === 0));
    }
  });

  test("rank-biased overlap of lists cut at any depth: the sum over depths with the last agreement carried on", () => {
    const random = new Random("rbo");
    for (let round = 0; round < 60; round++) {
      const size = 1 + random.integer(8);
      const all = Array.from({ length: 12 }, (_, item) => item);
      const [a, b] = [random.shuffle([...all]).slice(0, size), random.shuffle([...all]).slice(0, size)];
      const patience = 0.5 + 0.4 * random.uniform();
      const agreement = (depth: number) =>
        a.slice(0, depth).filter((item) => b.slice(0, depth).includes(item)).length / depth;
      let sum = 0;
      for (let depth = 1; depth < 600; depth++) {
        sum += (1 - patience) * patience ** (depth - 1) * agreement(Math.min(depth, size));
      }
      // Lists of equal length: beyond their end the agreement is taken to stay as it is.
      expect(rankBiasedOverlap(a, b, patience)).toBeCloseTo(sum, 10);
    }
  });
});

describe("by hand", () => {
  test("rank-biased overlap: equal, disjoint, swapped, of different length, empty", () => {
    expect(rankBiasedOverlap([1, 2, 3], [1, 2, 3])).toBeCloseTo(1, 12);
    expect(rankBiasedOverlap([1, 2], [3, 4])).toBe(0);
    // Agreements 0, 1 and then 1: all but the first place.
    expect(rankBiasedOverlap([1, 2], [2, 1], 0.9)).toBeCloseTo(0.9, 12);
    expect(rankBiasedOverlap([1], [1, 2], 0.5)).toBeCloseTo(1, 12);
    expect(rankBiasedOverlap([], [1])).toBe(0);
    expect(rankBiasedOverlap([], [])).toBeNaN();
    expect(() => rankBiasedOverlap([1], [1], 1)).toThrow("patience must be in (0, 1), got 1.");
  });

  test("fairness: exposure as merited is 1, all of it on the wrong group 0; the gap is that of the extreme groups", () => {
    const groups = itemCategories([["a"], ["b"]]);
    const even = raggedFrom([[0], [1]]);
    expect(exposureFairness(exposureByGroup(even, 1, even, groups))).toBe(1);
    expect(exposureFairness(exposureByGroup(raggedFrom([[0]]), 1, raggedFrom([[1]]), groups))).toBe(0);
    const byUser = ["x", "y", "z"].map((name, g) => ({ name, rows: Int32Array.of(2 * g, 2 * g + 1) }));
    expect(userGap([1, 0, 0.25, Number.NaN, 0, 0], byUser)).toBe(0.5);
    expect(userGap([1, 0], byUser.slice(0, 1))).toBeNaN();
  });

  test("rating errors leave out what is missing", () => {
    expect(ratingErrors([4, 2, Number.NaN, 1], [5, 2, 3, Number.NaN])).toEqual({
      rmse: Math.SQRT1_2,
      mae: 0.5,
      count: 2,
    });
    expect(ratingErrors([], [])).toEqual({ rmse: Number.NaN, mae: Number.NaN, count: 0 });
    expect(() => ratingErrors([1], [])).toThrow("expected 0 predictions like ratings, got 1");
  });

  test("a worth is a number", () => {
    expect([...worthOf("price", [3, null])]).toEqual([3, Number.NaN]);
    expect(() => worthOf("brand", ["x"])).toThrow('the attribute brand must hold numbers to be summed, got "x"');
  });
});

describe("personalisation", () => {
  const users = Int32Array.from({ length: 30 }, (_, row) => row);
  const own = raggedFrom(Array.from(users, (user) => [3 * user, 3 * user + 1]));
  const next = raggedFrom(Array.from(users, (user) => [3 * user + 2]));
  const value = (lists: RaggedItems, histories = own, targets = next): number =>
    mean([...personalisation(lists, 1, { histories, targets, users, random: new Random(1) })]);

  test("is 1 where different users get different right lists, and 0 where all get one list", () => {
    expect(value(next)).toBe(1);
    expect(value(raggedFrom(Array.from(users, () => [2])))).toBe(0);
  });

  test("falls where lists differ more than their users do", () => {
    const alike = raggedFrom(Array.from(users, () => [100, 101, 102, 103]));
    const answered = value(next, alike);
    expect(answered).toBeGreaterThan(0.2);
    expect(answered).toBeLessThan(0.4);
  });

  test("compares no user with itself", () => {
    const once = personalisation(raggedFrom([[0], [1]]), 1, {
      histories: raggedFrom([[], []]),
      targets: raggedFrom([[0], [1]]),
      users: Int32Array.of(4, 4),
      random: new Random(1),
    });
    expect([...once]).toEqual([Number.NaN, Number.NaN]);
  });
});

test("list metrics give each of them where its input is there, and the same pairs at each cut-off", () => {
  const random = new Random("wired");
  const { lists, targets, histories, users, counts, worth, labels } = drawn(random);
  const answers = { targets, users, random: new Random(3), worth, userGroups: [{ name: "all", rows: users }] };
  const all = listMetrics(lists, {
    cutoffs: [2],
    trainCounts: counts,
    histories,
    categories: itemCategories(labels),
    answers,
  });
  expect([...all.queries.keys()].slice(-3)).toEqual(["serendipity@2", "personalisation@2", "value@2"]);
  expect([...all.totals.keys()].slice(-2)).toEqual(["exposure-fairness@2", "user-gap@2"]);
  const without = listMetrics(lists, { cutoffs: [2], trainCounts: counts, histories, answers });
  expect(without.queries.get("personalisation@2")).toEqual(all.queries.get("personalisation@2"));
});
