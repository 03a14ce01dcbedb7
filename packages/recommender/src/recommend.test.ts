import { idTable, listOf, queryBatch, raggedFrom, Random, type QueryBatch } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { recommend } from "./recommend.js";
import type { Model } from "./recommender.js";

/** A model that gives the rows it was made of, one a query, in turn. */
function fixed(...rows: readonly (readonly number[])[]): Model {
  const items = idTable(Array.from({ length: rows[0]?.length ?? 0 }, (_, item) => `i${item}`));
  const catalog = { items, users: idTable([]), itemColumns: {} };
  const score = (batch: QueryBatch, candidates?: Int32Array): Float32Array =>
    Float32Array.from(
      Array.from({ length: batch.size }, (_, b) => {
        const row = rows[b % rows.length]!;
        return candidates ? Array.from(candidates, (item) => row[item]!) : row;
      }).flat(),
    );
  return {
    name: "fixed",
    catalog,
    score,
    save: () => ({ model: "fixed", config: {}, catalog, tensors: new Map() }),
  };
}

const one = queryBatch([{ items: [] }]);
const two = queryBatch([{ items: [] }, { items: [] }]);
const top = (ranking: ReturnType<typeof recommend>, query = 0): number[] => Array.from(listOf(ranking, query));

describe("recommend", () => {
  it("gives the best k by descending score, with the scores that the model gave", () => {
    const ranking = recommend(fixed([0.25, 4, -1, 2]), one, { k: 3 });
    expect(top(ranking)).toEqual([1, 3, 0]);
    expect(Array.from(ranking.scores)).toEqual([4, 2, 0.25]);
  });

  it("gives ties to the lower item index, also at the cut and with candidates in any order", () => {
    const model = fixed([1, 2, 1, 2, 1]);
    expect(top(recommend(model, one, { k: 3 }))).toEqual([1, 3, 0]);
    expect(top(recommend(model, one, { k: 3, candidates: Int32Array.of(4, 3, 2, 1, 0) }))).toEqual([1, 3, 0]);
    expect(top(recommend(fixed([7, 7, 7, 7]), one, { k: 2 }))).toEqual([0, 1]);
  });

  it("excludes first and cuts then, each query by its own list", () => {
    const exclude = raggedFrom([[1, 1, 3], []]);
    const ranking = recommend(fixed([1, 9, 2, 8]), two, { k: 2, exclude });
    expect(top(ranking, 0)).toEqual([2, 0]);
    expect(top(ranking, 1)).toEqual([1, 3]);
  });

  it("never gives a NaN item, and takes infinities as scores", () => {
    const model = fixed([Number.NaN, -Infinity, Infinity, Number.NaN, 0]);
    expect(top(recommend(model, one, { k: 5 }))).toEqual([2, 4, 1]);
    expect(top(recommend(fixed([Number.NaN, Number.NaN]), one, { k: 1 }))).toEqual([]);
  });

  it("gives fewer than k when fewer remain, and nothing when nothing does", () => {
    expect(top(recommend(fixed([3, 2, 1]), one, { k: 10 }))).toEqual([0, 1, 2]);
    expect(top(recommend(fixed([3, 2, 1]), one, { k: 2, exclude: raggedFrom([[0, 1, 2]]) }))).toEqual([]);
    expect(top(recommend(fixed([3, 2, 1]), one, { k: 2, candidates: new Int32Array(0) }))).toEqual([]);
    const none = recommend(fixed([3, 2, 1]), queryBatch([]), { k: 2 });
    expect(Array.from(none.offsets)).toEqual([0]);
  });

  it("answers each query apart when lists differ in length", () => {
    const ranking = recommend(fixed([Number.NaN, 1, 2], [5, 6, 7]), two, { k: 3 });
    expect(Array.from(ranking.offsets)).toEqual([0, 2, 5]);
    expect([top(ranking, 0), top(ranking, 1)]).toEqual([
      [2, 1],
      [2, 1, 0],
    ]);
    expect(Array.from(ranking.scores)).toEqual([2, 1, 7, 6, 5]);
  });

  it("does not let the exclusions of one query reach the next", () => {
    const ranking = recommend(fixed([2, 1]), two, { k: 1, exclude: raggedFrom([[0], []]) });
    expect([top(ranking, 0), top(ranking, 1)]).toEqual([[1], [0]]);
  });

  it("equals sorting all scores, on random rows with ties and NaN", () => {
    const random = new Random("recommend");
    for (let round = 0; round < 200; round++) {
      const n = 1 + random.integer(30);
      const k = 1 + random.integer(12);
      const row = Array.from({ length: n }, () => (random.integer(8) === 0 ? Number.NaN : random.integer(6)));
      const forbidden = Array.from({ length: random.integer(5) }, () => random.integer(n));
      const pool = random.shuffle([...row.keys()]).slice(0, 1 + random.integer(n));
      const want = pool
        .filter((item) => !Number.isNaN(row[item]) && !forbidden.includes(item))
        .sort((a, b) => row[b]! - row[a]! || a - b)
        .slice(0, k);
      const options = { k, candidates: Int32Array.from(pool), exclude: raggedFrom([forbidden]) };
      expect(top(recommend(fixed(row), one, options))).toEqual(want);
    }
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity])("refuses k = %d", (k) => {
    expect(() => recommend(fixed([1]), one, { k })).toThrow(`k must be a positive integer, got ${k}.`);
  });

  it("refuses candidates outside the catalogue or given twice, and exclusions for other queries", () => {
    const model = fixed([1, 2, 3]);
    const asked =
      (...candidates: number[]) =>
      () =>
        recommend(model, one, { k: 1, candidates: Int32Array.from(candidates) });
    expect(asked(0, 3)).toThrow("candidates must lie in [0, 3), got 3.");
    expect(asked(-1)).toThrow("candidates must lie in [0, 3), got -1.");
    expect(asked(2, 0, 2)).toThrow("candidates must be distinct, got 2 twice.");
    expect(() => recommend(model, one, { k: 1, exclude: raggedFrom([[], []]) })).toThrow(
      "exclude must have one list for each of 1 queries, got 2.",
    );
  });

  it("refuses a model that gives the wrong number of scores", () => {
    const short: Model = { ...fixed([1, 2, 3]), score: () => new Float32Array(2) };
    expect(() => recommend(short, one, { k: 1 })).toThrow("fixed must give 1 x 3 scores, got 2.");
  });
});
