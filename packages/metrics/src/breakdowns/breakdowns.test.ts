import { listOf, NONE, Random, raggedFrom } from "@sequitur/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { meanInterval } from "../intervals/mean-interval.js";
import type { TargetRanks } from "../ranking/query-ranks.js";
import { rankingMetrics } from "../ranking/ranking-metrics.js";
import { byColdUser, byUserActivity } from "./by-activity.js";
import { attributeLabels } from "./attribute-labels.js";
import { byUserLabel } from "./by-label.js";
import { byColdTarget, byTargetCount, byTargetLabel, byTargetPopularity } from "./by-target.js";
import { groupIntervals, groupQueries, selectRanks, type QueryGroup } from "./query-groups.js";

const rowsByName = (groups: readonly QueryGroup[]) => groups.map(({ name, rows }) => [name, ...rows]);

describe("by user", () => {
  test("activity by hand: quantiles of the training counts, equal counts together", () => {
    const users = Int32Array.of(0, 1, 2, 3, NONE, 0, 4, 5);
    const counts = [5, 1, 9, 5, 20, 2];
    // Counts of the queries, ascending: 0 1 | 2 5 | 5 5 | 9 20, and the three fives stay in the second group.
    expect(rowsByName(byUserActivity(users, counts, 4))).toEqual([
      ["0-1", 1, 4],
      ["2-5", 0, 3, 5, 7],
      ["9-20", 2, 6],
    ]);
    expect(rowsByName(byUserActivity(users, counts, 1))).toEqual([["0-20", 0, 1, 2, 3, 4, 5, 6, 7]]);
    expect(rowsByName(byUserActivity(Int32Array.of(3, 3), counts))).toEqual([["5", 0, 1]]);
    expect(byUserActivity(new Int32Array(0), counts)).toEqual([]);
  });

  test("activity is a split into groups of about equal size and ascending counts", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1000), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 6 }),
        (counts, q) => {
          const users = Int32Array.from(counts.keys());
          const groups = byUserActivity(users, counts, q);
          expect(groups.flatMap(({ rows }) => [...rows]).sort((x, y) => x - y)).toEqual([...users]);
          expect(groups.length).toBeLessThanOrEqual(q);
          const ranges = groups.map(({ rows }) => [...rows].map((row) => counts[row]!));
          for (let g = 1; g < ranges.length; g++) {
            expect(Math.min(...ranges[g]!)).toBeGreaterThan(Math.max(...ranges[g - 1]!));
          }
          const distinct = new Set(counts).size === counts.length;
          const most = Math.max(...groups.map(({ rows }) => rows.length));
          expect(!distinct || most <= Math.ceil(counts.length / q)).toBe(true);
        },
      ),
      { seed: 6 },
    );
  });

  test("cold and warm", () => {
    expect(rowsByName(byColdUser(Int32Array.of(1, NONE, 0), [0, 3]))).toEqual([
      ["cold user", 1, 2],
      ["warm user", 0],
    ]);
    expect(rowsByName(byColdUser(Int32Array.of(1), [0, 3]))).toEqual([["warm user", 0]]);
  });

  test("labels by hand: the commonest first, rare ones and unknown ones apart", () => {
    const labels = ["gold", "", "tin", "gold", "lead"];
    expect(rowsByName(byUserLabel(Int32Array.of(0, 1, 3, NONE, 2, 4), labels, 1))).toEqual([
      ["gold", 0, 2],
      ["(other)", 4, 5],
      ["(none)", 1, 3],
    ]);
    expect(() => byUserLabel(Int32Array.of(5), labels)).toThrow("user must be NONE or in [0, 5), got 5");
  });

  test("labels of attributes: plain ones, few numbers, and bands of many", () => {
    expect(attributeLabels(["a", null, "b"])).toEqual(["a", "", "b"]);
    expect(attributeLabels([true, null, false])).toEqual(["true", "", "false"]);
    expect(attributeLabels([3, 1, null, 3])).toEqual(["3", "1", "", "3"]);
    expect(attributeLabels([8, 7, 6, 5, null, 4, 3, 2, 1])).toEqual([
      "7 to 8",
      "7 to 8",
      "5 to 6",
      "5 to 6",
      "",
      "3 to 4",
      "3 to 4",
      "1 to 2",
      "1 to 2",
    ]);
    expect(attributeLabels([0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6])).toEqual(
      [0, 0, 0, 0, 0, 0].map(() => "0").concat(["1 to 3", "1 to 3", "1 to 3", "4 to 6", "4 to 6", "4 to 6"]),
    );
  });

  test("a user outside the counts, or no groups", () => {
    expect(() => byColdUser(Int32Array.of(2), [0, 3])).toThrow("user must be NONE or in [0, 2), got 2");
    expect(() => byUserActivity(Int32Array.of(0), [1], 0)).toThrow("groups must be a positive integer, got 0");
  });
});

describe("by target", () => {
  test("popularity by hand: cumulative shares of the training interactions", () => {
    // 100 interactions. Item 0 begins at 0; item 1 begins at 40 %, below a half; items 2 and 3 begin at 65 %, tied;
    // item 4 begins at 85 %.
    const counts = [40, 25, 10, 10, 8, 7, 0];
    const targets = raggedFrom([[0], [1], [2], [3], [4], [5], [6]]);
    expect(rowsByName(byTargetPopularity(targets, counts))).toEqual([
      ["head", 0, 1],
      ["torso", 2, 3],
      ["tail", 4, 5, 6],
    ]);
    expect(rowsByName(byTargetPopularity(targets, counts, { head: 0.3, torso: 0.3 }))).toEqual([
      ["head", 0],
      ["tail", 1, 2, 3, 4, 5, 6],
    ]);
    // A share that begins at the very limit lies beyond it.
    expect(rowsByName(byTargetPopularity(raggedFrom([[0], [1], [2]]), [50, 30, 20]))).toEqual([
      ["head", 0],
      ["torso", 1],
      ["tail", 2],
    ]);
    expect(rowsByName(byTargetPopularity(raggedFrom([[0]]), [0]))).toEqual([["tail", 0]]);
    expect(() => byTargetPopularity(targets, counts, { head: 0.9 })).toThrow("got 0.9 and 0.8");
    expect(() => byTargetPopularity(targets, [1])).toThrow("target must be in [0, 1), got 1");
  });

  test("equals a second implementation over the items in order", () => {
    const random = new Random("segments");
    for (let round = 0; round < 50; round++) {
      const counts = Array.from({ length: 30 }, () => random.integer(12) ** 2);
      const total = counts.reduce((sum, count) => sum + count, 0);
      const targets = raggedFrom(counts.map((_, item) => [item]));
      const expected = counts.map((count) => {
        const before = counts.filter((other) => other > count).reduce((sum, other) => sum + other, 0);
        if (count === 0 || before >= 0.8 * total) return "tail";
        return before < 0.5 * total ? "head" : "torso";
      });
      const names = new Array<string>(30);
      for (const { name, rows } of byTargetPopularity(targets, counts)) for (const row of rows) names[row] = name;
      expect(names).toEqual(expected);
    }
  });

  test("cold and warm items; a query with both is in both, with its own targets in each", () => {
    const groups = byColdTarget(raggedFrom([[0, 1], [1], [0]]), [0, 4]);
    expect(groups).toEqual([
      { name: "cold item", rows: Int32Array.of(0, 2), positions: Int32Array.of(0, 3) },
      { name: "warm item", rows: Int32Array.of(0, 1), positions: Int32Array.of(1, 2) },
    ]);
  });

  test("counts: never met, rarely, often", () => {
    const groups = byTargetCount(raggedFrom([[0], [1], [2], [3], [4, 1]]), [0, 1, 9, 10, 99]);
    expect(groups).toEqual([
      { name: "0", rows: Int32Array.of(0), positions: Int32Array.of(0) },
      { name: "1-9", rows: Int32Array.of(1, 2, 4), positions: Int32Array.of(1, 2, 5) },
      { name: "10+", rows: Int32Array.of(3, 4), positions: Int32Array.of(3, 4) },
    ]);
  });

  test("labels: most frequent first, the rare ones together, none by itself", () => {
    const labels = [["food", "bar"], ["food"], ["zoo"], [], [""], ["pond"]];
    const targets = raggedFrom([[0], [1], [2], [3], [4], [5]]);
    expect(rowsByName(byTargetLabel(targets, labels, 2))).toEqual([
      ["food", 0, 1],
      ["bar", 0],
      ["(other)", 2, 5],
      ["(none)", 3, 4],
    ]);
    expect(rowsByName(byTargetLabel(raggedFrom([[0], [1]]), ["NYC", "NYC"]))).toEqual([["NYC", 0, 1]]);
    expect(() => byTargetLabel(targets, labels, 0)).toThrow("most must be a positive integer, got 0");
    expect(() => byTargetLabel(targets, ["a"])).toThrow("target must be in [0, 1), got 1");
  });
});

describe("selectRanks", () => {
  test("gives each group's targets alone: recall of the whole is the weighted mean of the groups", () => {
    const random = new Random("select");
    const items = Array.from({ length: 40 }, (_, item) => item);
    const targets = raggedFrom(
      Array.from({ length: 25 }, () => random.shuffle([...items]).slice(0, random.integer(6))),
    );
    const places = items.map((_, place) => place + 1);
    const ranks = Float64Array.from(
      Array.from({ length: 25 }, (_, row) => random.shuffle([...places]).slice(0, listOf(targets, row).length)).flat(),
    );
    const ties = new Int32Array(ranks.length).fill(1);
    const foundIn = (found: TargetRanks, offsets: Int32Array) => {
      const recall = rankingMetrics(found, { offsets }, { metrics: ["recall@10"], cutoffs: [] }).get("recall@10")!;
      return recall.reduce((sum, value, row) => sum + (value || 0) * (offsets[row + 1]! - offsets[row]!), 0);
    };
    const groups = byTargetPopularity(targets, items);
    let [found, size] = [0, 0];
    for (const group of groups) {
      const own = selectRanks({ ranks, ties }, targets, group);
      expect(own.offsets.length).toBe(group.rows.length + 1);
      for (const [i, row] of group.rows.entries()) {
        const inGroup = [...group.positions].filter(
          (position) => position >= targets.offsets[row]! && position < targets.offsets[row + 1]!,
        );
        const expected = inGroup.map((position) => ranks[position]);
        expect([...own.ranks.subarray(own.offsets[i], own.offsets[i + 1])]).toEqual(expected);
        expect(expected.length).toBeGreaterThan(0);
      }
      found += foundIn(own, own.offsets);
      size += group.positions.length;
    }
    expect(size).toBe(targets.items.length);
    expect(found).toBeCloseTo(foundIn({ ranks, ties }, targets.offsets), 9);
  });
});

describe("groupIntervals", () => {
  test("is the interval of the group's own values, the same whichever other groups are there", () => {
    const random = new Random("groups");
    const values = Float64Array.from({ length: 60 }, () => random.uniform());
    values[3] = Number.NaN;
    const groups = groupQueries(60, (row) => [row % 3 === 0 ? "third" : "rest"]);
    const intervals = groupIntervals(values, groups, { level: 0.9 });
    expect(intervals.map(({ name, size, count }) => [name, size, count])).toEqual([
      ["third", 20, 19],
      ["rest", 40, 40],
    ]);
    const own = Float64Array.from(groups[1]!.rows, (row) => values[row]!);
    const alone = meanInterval(own, { level: 0.9 });
    expect(intervals[1]).toEqual({ name: "rest", size: 40, ...alone });
  });

  test("clusters follow their rows", () => {
    const values = Float64Array.of(0, 0, 1, 1, 5);
    const groups = [{ name: "g", rows: Int32Array.of(0, 1, 2, 3) }];
    const clusters = Int32Array.of(7, 7, 8, 8, 9);
    const [interval] = groupIntervals(values, groups, { clusters, level: 0.6 });
    expect(interval).toMatchObject({ mean: 0.5, units: 2, count: 4 });
    expect(interval).toMatchObject({ ...meanInterval(Float64Array.of(0, 1), { level: 0.6 }), count: 4 });
  });

  test("a group beyond the values", () => {
    const groups = [{ name: "late", rows: Int32Array.of(2) }];
    expect(() => groupIntervals(new Float64Array(2), groups)).toThrow("group late has query 2, but there are 2 values");
  });
});
