import { idTable, interactionsFrom, queryBatch, Random, type Interactions } from "@sequitur/core";
import type { EvaluationSet } from "@sequitur/data";
import { describe, expect, it } from "vitest";
import type { Piece } from "./piece.js";
import { placeMap, shownQueries } from "./place-map.js";

/** Items 0 to 199 in a city, 200 on the other side of the world, 201 nobody knows where. */
const random = new Random("map");
const latitudes = Float64Array.from({ length: 202 }, (_, i) => (i < 200 ? 45 + random.uniform() / 10 : -30));
const longitudes = Float64Array.from({ length: 202 }, (_, i) => (i < 200 ? 9 + random.uniform() / 10 : 150));
latitudes[201] = longitudes[201] = Number.NaN;

function trainOf(itemColumns: Interactions["catalog"]["itemColumns"]): Interactions {
  const items = Int32Array.from({ length: 2000 }, (_, i) => (i < 3 ? 200 : i < 10 ? 201 : i % 200));
  const ids = (n: number, name: string) => idTable(Array.from({ length: n }, (_, i) => `${name} ${i}`));
  return interactionsFrom(
    { items: ids(202, "place"), users: ids(10, "user"), itemColumns },
    { users: items.map((_, i) => i % 10), items, times: Float64Array.from(items, (_, i) => i) },
  );
}

const train = trainOf({
  latitudes,
  longitudes,
  titles: Array.from({ length: 202 }, (_, i) => (i === 5 ? "" : `T${i}`)),
});
const test: EvaluationSet = {
  queries: queryBatch([
    { user: 0, items: [1, 2, 5], sessionStart: 2 },
    { user: 0, items: [3] },
    { user: 1, items: [201] },
    { user: 2, items: [4] },
    { user: 3, items: [] },
    { user: 4, items: [6] },
  ]),
  targets: { offsets: Int32Array.of(0, 1, 2, 3, 4, 5, 6), items: Int32Array.of(7, 8, 9, 201, 10, 11) },
  seen: { offsets: new Int32Array(7), items: new Int32Array() },
};

describe("the users shown", () => {
  it("are distinct, located and drawn by the seed", () => {
    const rows = shownQueries(train, test, new Random(1));
    expect(rows.length).toBe(2);
    expect(rows.filter((row) => row < 2)).toHaveLength(1);
    expect(rows).toContain(5);
    expect(shownQueries(train, test, new Random(1))).toEqual(rows);
  });

  it("are none without coordinates", () => {
    expect(shownQueries(trainOf({}), test, new Random(1))).toEqual([]);
  });
});

describe("the map", () => {
  const ranks = { ranks: Float64Array.of(3, 1, 1, 1, 1, Infinity), ties: Int32Array.of(1, 1, 1, 1, 1, 0) };
  const piece = { shown: [[9, 201, 7], []], ranks } as unknown as Piece;
  const map = placeMap({ train, test, shown: [0, 5], model: { label: "best", piece } })!;

  it("frames the city and says what lies outside", () => {
    expect(map.outside).toBeGreaterThanOrEqual(3);
    expect(map.bounds.south).toBeGreaterThan(44.99);
    expect(map.bounds.east).toBeLessThan(9.11);
    const drawn = map.squares.reduce((sum, { checkIns }) => sum + checkIns, 0);
    expect(drawn + map.outside).toBe(1993); // seven check-ins have no place
    expect(map.checkIns).toBe(1993);
    expect(map.squares.length).toBeLessThan(1200);
    for (const { row, column } of map.squares) expect(Math.min(row, column)).toBeGreaterThanOrEqual(0);
  });

  it("tells history, recommendations and truth by name, unknown places left out", () => {
    const [first, second] = map.examples;
    expect(first!.history.map(({ name, inTrip }) => [name, inTrip])).toEqual([
      ["T1", false],
      ["T2", false],
      ["place 5", true],
    ]);
    expect(first!.recommended.map(({ name }) => name)).toEqual(["T9", "T7"]);
    expect([first!.truth.name, first!.rank, second!.rank]).toEqual(["T7", 3, null]);
    expect(map.model).toBe("best");
  });

  it("is nothing without coordinates, and has no recommendations without a model", () => {
    expect(placeMap({ train: trainOf({}), test, shown: [] })).toBeNull();
    const bare = placeMap({ train, test, shown: [0] })!;
    expect([bare.model, bare.examples[0]!.recommended]).toEqual([null, []]);
  });
});
