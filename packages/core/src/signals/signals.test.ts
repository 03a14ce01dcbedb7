import { describe, expect, it } from "vitest";
import { idTable } from "../id-table.js";
import { interactionsFrom, type Interactions } from "../interactions.js";
import { queryBatch } from "../query.js";
import { listOf } from "../ragged.js";
import { applySignals, positiveRows, roleCounts } from "./apply-signals.js";
import { opinionHistory, positiveHistory, standingNegatives } from "./heard-history.js";
import { parseSignals } from "./parse-signals.js";
import { signalReader } from "./signal-reader.js";
import { DEFAULT_SIGNALS, signalsSchema } from "./signals.js";

type Row = readonly [kind: string, weight?: number];

/** One user, one item a row, an hour apart. */
function log(rows: readonly Row[]): Interactions {
  const kinds = [...new Set(rows.map(([kind]) => kind))];
  const ids = (prefix: string, count: number) => idTable(Array.from({ length: count }, (_, at) => `${prefix}${at}`));
  return interactionsFrom(
    { users: ids("u", 1), items: ids("i", rows.length), itemColumns: {}, kinds },
    {
      users: new Int32Array(rows.length),
      items: Int32Array.from(rows.keys()),
      times: Float64Array.from(rows.keys()),
      context: {
        kind: Int32Array.from(rows, ([kind]) => kinds.indexOf(kind)),
        weight: Float32Array.from(rows, ([, weight = Number.NaN]) => weight),
      },
    },
  );
}

describe("the default table", () => {
  const read = signalReader(DEFAULT_SIGNALS);

  it("puts purchase above cart above click above view, and knows what is not wanted", () => {
    const values = ["purchase", "cart", "click", "view"].map((kind) => read(kind, undefined)!.value);
    expect(values).toEqual([8, 4, 2, 1]);
    expect(["dislike", "hide", "skip"].map((kind) => read(kind, undefined)?.role)).toEqual([-1, -1, -1]);
    expect(read("impression", undefined)).toEqual({ role: 0, value: 1 });
    expect(read("something-new", undefined)).toEqual({ role: 1, value: 1 });
  });

  it("reads weights: more of them say more, below 0 turns, 0 says nothing", () => {
    expect(read("dislike", -5)).toMatchObject({ role: -1 });
    expect(read("dislike", -5)!.value).toBeGreaterThan(read("dislike", -1)!.value);
    expect(read("visit", 3)).toEqual({ role: 1, value: 2 });
    expect(read("visit", -1)).toEqual({ role: -1, value: 1 });
    expect(read("visit", 0)).toBeUndefined();
  });

  it("judges stars and seconds", () => {
    expect([5, 4, 3, 2, 1].map((stars) => read("rating", stars)?.role)).toEqual([1, 1, undefined, -1, -1]);
    expect([31, 30, undefined].map((seconds) => read("dwell", seconds)?.role)).toEqual([1, 0, 0]);
  });
});

describe("a table in one line", () => {
  it("says the same as one in JSON", () => {
    const line =
      "purchase=10, dislike=-3, hide=negative, rating>=4, rating<2=negative, dwell>30s=2, play=log1p, *=ignored";
    const table = signalsSchema.parse({
      kinds: {
        purchase: 10,
        dislike: { role: "negative", value: 3 },
        hide: "negative",
        rating: [{ when: ">= 4" }, { when: "< 2", role: "negative" }],
        dwell: { when: "> 30s", value: 2 },
        play: "log1p",
      },
      other: "ignored",
    });
    expect(parseSignals(line)).toEqual(table);
    const read = signalReader(table);
    expect(read("play", 3)!.value).toBeCloseTo(Math.log(4), 6);
    expect(read("dwell", 31)).toEqual({ role: 1, value: 2 });
    expect(read("dwell", 29)).toBeUndefined();
    expect(read("unheard-of", 1)).toBeUndefined();
    expect(read("cart", undefined)!.value).toBe(4);
  });

  it("is read again as it was written out", () => {
    const table = parseSignals("rating>=4,rating<=2=-2,view=weight");
    expect(signalsSchema.parse(JSON.parse(JSON.stringify(table)))).toEqual(table);
  });

  it.each(["purchase", "=5", "rating>=", "a=b=c,", "view=bogus", "rating>=four"])("refuses %j", (text) => {
    expect(() => parseSignals(text)).toThrow(expect.objectContaining({ code: "bad-config" }));
  });
});

describe("applySignals", () => {
  it("gives each row its role and value and leaves out what is ignored", () => {
    const read = applySignals(
      log([["view"], ["purchase"], ["rating", 3], ["dislike"], ["impression"]]),
      parseSignals("purchase=5,dislike=-2"),
    );
    expect(Array.from(read.items)).toEqual([0, 1, 3, 4]);
    expect(Array.from(read.context.role!)).toEqual([1, 1, -1, 0]);
    expect(Array.from(read.context.value!)).toEqual([1, 5, 2, 1]);
    expect(roleCounts(read)).toEqual({ positive: 2, negative: 1, exposure: 1 });
    expect(Array.from(positiveRows(read).items)).toEqual([0, 1]);
    expect(positiveRows(read).context.role).toBeUndefined();
  });

  it("leaves ratings without kinds as they are, and adds no columns where all say the same", () => {
    const { kind: _kind, ...context } = log([
      ["a", 5],
      ["b", 1],
    ]).context;
    const ratings = {
      ...log([
        ["a", 5],
        ["b", 1],
      ]),
      context,
    };
    expect(applySignals(ratings)).toBe(ratings);
    expect(applySignals(log([["view"], ["visit"]])).context.role).toBeUndefined();
    expect(Array.from(applySignals(ratings, parseSignals("*=weight")).context.value!)).toEqual([5, 1]);
  });
});

describe("what a history says", () => {
  const batch = queryBatch([
    {
      items: [1, 2, 3, 2, 4],
      times: [1, 2, 3, 4, 5],
      roles: [1, 1, 1, -1, 0],
      values: [1, 5, 1, 2, 1],
      sessionStart: 3,
    },
    { items: [7, 7, 8], roles: [-1, 1, -1], times: [1, 2, 3] },
  ]);

  it("a negative stands until a positive of the item lifts it", () => {
    const negatives = standingNegatives(batch);
    expect([0, 1].map((b) => Array.from(listOf(negatives, b)))).toEqual([[2], [8]]);
    expect(Array.from(negatives.values)).toEqual([2, 1]);
  });

  it("positives speak for a user, but not those of an item that is not wanted any more", () => {
    const heard = positiveHistory(batch);
    expect([0, 1].map((b) => Array.from(listOf(heard, b)))).toEqual([[1, 3], [7]]);
    expect(heard.roles).toBeUndefined();
    expect(Array.from(heard.values!)).toEqual([1, 1, 1]);
    expect(Array.from(heard.sessionStarts)).toEqual([2, 2]);
  });

  it("opinions keep the negatives that stand, with their roles", () => {
    const heard = opinionHistory(batch);
    expect([0, 1].map((b) => Array.from(listOf(heard, b)))).toEqual([
      [1, 3, 2],
      [7, 8],
    ]);
    expect(Array.from(heard.roles!)).toEqual([1, 1, -1, 1, -1]);
  });

  it("a history without roles is the same object", () => {
    const plain = queryBatch([{ items: [1, 2] }]);
    expect(positiveHistory(plain)).toBe(plain);
    expect(opinionHistory(plain)).toBe(plain);
  });
});
