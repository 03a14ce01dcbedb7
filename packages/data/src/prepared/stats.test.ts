import { idTable, interactionsFrom, Random, type Interactions } from "@sequitur/core";
import { expect, test } from "vitest";
import { datasetStats } from "./stats.js";

function log(
  rows: readonly (readonly [number, number, number, number?])[],
  users: number,
  items: number,
): Interactions {
  const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));
  const context = rows.some((row) => row[3] !== undefined)
    ? { weight: Float32Array.from(rows, (row) => row[3] ?? 0) }
    : {};
  return interactionsFrom(
    { items: idTable(ids(items)), users: idTable(ids(users)), itemColumns: {} },
    {
      users: Int32Array.from(rows, (row) => row[0]),
      items: Int32Array.from(rows, (row) => row[1]),
      times: Float64Array.from(rows, (row) => row[2]),
      context,
    },
  );
}

test("a log small enough to count by hand", () => {
  // Item 3 and user 2 are in the catalogue only; (0, 0) comes three times, once as an exact duplicate.
  const stats = datasetStats(
    log(
      [
        [0, 0, 5],
        [0, 0, 5],
        [0, 0, 9],
        [0, 1, 7],
        [1, 2, 3],
      ],
      3,
      4,
    ),
  );
  expect(stats).toMatchObject({ users: 2, items: 3, interactions: 5, firstTime: 3, lastTime: 9, duplicates: 1 });
  expect(stats.perUser).toEqual({ min: 1, median: 2.5, max: 4 });
  expect(stats.perItem).toEqual({ min: 1, median: 1, max: 3 });
  expect(stats.density).toBeCloseTo(3 / 6);
  expect(stats.repeatedShare).toBeCloseTo(2 / 5);
  expect(stats.popularityGini).toBeCloseTo(4 / 15);
});

test("rows that differ in a context column are no duplicates", () => {
  expect(
    datasetStats(
      log(
        [
          [0, 0, 5, 1],
          [0, 0, 5, 2],
          [0, 0, 5, 1],
        ],
        1,
        1,
      ),
    ).duplicates,
  ).toBe(1);
});

test("an empty log has zeros and no span", () => {
  const stats = datasetStats(log([], 0, 0));
  expect(stats).toMatchObject({ users: 0, items: 0, density: 0, popularityGini: 0, repeatedShare: 0 });
  expect(stats.firstTime).toBeNaN();
});

test("equals a slow count over random logs", () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = new Random(seed);
    const rows = Array.from({ length: 200 }, () => [random.integer(6), random.integer(8), random.integer(5)] as const);
    const stats = datasetStats(log(rows, 6, 8));
    const pairs = new Set(rows.map(([user, item]) => `${user} ${item}`));
    const triples = new Set(rows.map((row) => row.join(" ")));
    expect(stats.duplicates).toBe(200 - triples.size);
    expect(stats.repeatedShare).toBeCloseTo((200 - pairs.size) / 200, 12);
    const counts = Array.from({ length: 8 }, (_, item) => rows.filter((row) => row[1] === item).length).filter(Boolean);
    let gap = 0;
    for (const a of counts) for (const b of counts) gap += Math.abs(a - b);
    expect(stats.popularityGini).toBeCloseTo(gap / (2 * counts.length * 200), 12);
  }
});
