import { describe, expect, it } from "vitest";
import { IdTableBuilder, idTable, NONE } from "./id-table.js";
import { queryBatch, sliceQueries } from "./query.js";
import { listOf, raggedFrom, sliceRagged } from "./ragged.js";

describe("ragged lists", () => {
  it("packs, views and slices lists, empty ones too", () => {
    const ragged = raggedFrom([[1, 2], [], [3]]);
    expect([...ragged.offsets]).toEqual([0, 2, 2, 3]);
    expect([0, 1, 2].map((i) => [...listOf(ragged, i)])).toEqual([[1, 2], [], [3]]);
    const tail = sliceRagged(ragged, 1, 3);
    expect([...tail.offsets]).toEqual([0, 0, 1]);
    expect([...listOf(tail, 1)]).toEqual([3]);
    expect(sliceRagged(ragged, 3, 3).items).toHaveLength(0);
    expect(() => sliceRagged(ragged, 1, 4)).toThrow("slice must lie in [0, 3], got [1, 4].");
  });
});

describe("query batches", () => {
  it("fills what a question leaves out", () => {
    const batch = queryBatch([
      { items: [4, 5], times: [10, 20], sessionStart: 1 },
      { user: 3, items: [] },
      { items: [6], now: 7 },
    ]);
    expect([...batch.users]).toEqual([NONE, 3, NONE]);
    expect([...batch.now]).toEqual([20, 0, 7]);
    expect([...batch.times]).toEqual([10, 20, 7]);
    expect([...batch.sessionStarts]).toEqual([1, 2, 2]);
  });

  it("slices into what the questions alone would give", () => {
    const questions = [
      { user: 1, items: [1, 2, 3], times: [1, 2, 3], sessionStart: 2 },
      { user: 2, items: [] },
      { user: 0, items: [9], times: [5] },
    ];
    const whole = queryBatch(questions);
    for (let from = 0; from <= 3; from++) {
      for (let to = from; to <= 3; to++) {
        expect(sliceQueries(whole, from, to)).toEqual(queryBatch(questions.slice(from, to)));
      }
    }
    const extra = { ...whole, utcOffsetMinutes: Int16Array.of(1, 2, 3), latitudes: Float64Array.of(4, 5, 6) };
    expect([...sliceQueries(extra, 1, 3).utcOffsetMinutes!]).toEqual([2, 3]);
    expect([...sliceQueries(extra, 1, 3).latitudes!]).toEqual([5, 6]);
  });

  it("refuses times and sessions that do not fit", () => {
    expect(() => queryBatch([{ items: [1], times: [] }])).toThrow("query 0 must have 1 times, got 0.");
    expect(() => queryBatch([{ items: [1], sessionStart: 2 }])).toThrow(
      "sessionStart of query 0 must be in [0, 1], got 2.",
    );
  });
});

describe("id tables", () => {
  it("maps both ways and refuses a repeated id", () => {
    const table = idTable(["x", "__proto__", ""]);
    expect([table.indexOf("x"), table.indexOf("__proto__"), table.indexOf(""), table.indexOf("y")]).toEqual([
      0,
      1,
      2,
      NONE,
    ]);
    expect(() => idTable(["x", "y", "x"])).toThrow('ids must be distinct, got "x" at 0 and 2.');
  });

  it("gives indices in order of first sight", () => {
    const builder = new IdTableBuilder();
    expect(["b", "a", "b"].map((id) => builder.add(id))).toEqual([0, 1, 0]);
    expect(builder.table().ids).toEqual(["b", "a"]);
    expect(builder.table().indexOf("a")).toBe(1);
  });
});
