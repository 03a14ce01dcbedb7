import { decodeTensorFile, idTable, parseConfig, queryBatch, Random, stringsOf } from "@sequitur/core";
import { recommend } from "@sequitur/recommender";
import { beforeAll, describe, expect, it } from "vitest";
import { als } from "../als/als.js";
import { bpr } from "../bpr/bpr.js";
import { fitted, plantedClasses } from "../planted.fixture.js";
import { explain } from "./explain.js";
import { dotVectors, encodeVectors, vectorRows } from "./export-vectors.js";
import type { FactorModel } from "./factor-model.js";
import { itemBitmap } from "./item-bitmap.js";
import { factorRetriever } from "./retriever.js";

const size = { users: 40, items: 90, classes: 3 };
const { train } = plantedClasses(size, 0.3, new Random("serving"));
const historyOf = (user: number): Int32Array =>
  train.items.subarray(train.userOffsets[user], train.userOffsets[user + 1]);
const batchOf = (users: readonly number[]) => queryBatch(users.map((user) => ({ user, items: historyOf(user) })));
const all = batchOf(Array.from({ length: size.users }, (_, user) => user));

describe.each([
  ["with a bias", async () => fitted(bpr, train, { factors: 18, epochs: 20, bias: true })],
  ["without one", async () => fitted(als, train, { factors: 18, decay: 1 })],
])("factorRetriever, %s", (_, fit) => {
  let model: FactorModel;
  beforeAll(async () => (model = await fit()));

  it.each([
    ["a batch", "float32", size.users],
    ["single queries", "float32", 1],
    ["int8", "int8", size.users],
  ] as const)("%s: the lists of recommend", (_name, precision, width) => {
    const retriever = factorRetriever(model, { precision, excludeHistory: true });
    const ranking = recommend(model, all, { k: 12, exclude: all });
    const scores = model.score(all);
    for (let from = 0; from < size.users; from += width) {
      const users = Array.from({ length: width }, (_unused, at) => from + at);
      retriever.retrieve(batchOf(users), 12).forEach((items, at) => {
        const [start, row] = [ranking.offsets[from + at]!, (from + at) * size.items];
        const wanted = ranking.items.subarray(start, start + 12);
        // A scan adds in another order than a product, so that scores within an ulp of each other may change places.
        const valuesOf = (list: Int32Array): number[] => Array.from(list, (item) => scores[row + item]!);
        expect(new Set(items).size).toBe(12);
        valuesOf(items).forEach((value, place) => expect(value).toBeCloseTo(valuesOf(wanted)[place]!, 6));
      });
    }
    retriever.release();
  });

  it("leaves out what a bitmap bars, alone or with the history", () => {
    const barred = Array.from({ length: 60 }, (_unused, item) => item);
    const exclude = itemBitmap(size.items, barred);
    for (const excludeHistory of [false, true]) {
      const retriever = factorRetriever(model, { exclude, excludeHistory, threads: 2 });
      retriever.retrieve(all, size.items).forEach((items, user) => {
        const left = Array.from({ length: 30 }, (_unused, at) => 60 + at).filter(
          (item) => !excludeHistory || !historyOf(user).includes(item),
        );
        expect(Array.from(items).sort((a, b) => a - b)).toEqual(left);
      });
    }
  });

  it.each([
    ["float32", size.users],
    ["float32", 1],
    ["int8", 1],
  ] as const)("%s, %d at a time: seen, sold out and outside of the category never appear", (precision, width) => {
    const category = (item: number): boolean => item % 4 < 2;
    const soldOut = new Set([0, 1, 8, 33, 64, 85]);
    const items = Array.from({ length: size.items }, (_unused, item) => item);
    const exclude = itemBitmap(size.items, []);
    const retriever = factorRetriever(model, { precision, exclude, excludeHistory: true, threads: 2 });
    exclude.set(itemBitmap(size.items, soldOut)); // as stock changes under a retriever that serves
    const only = itemBitmap(size.items, items.filter(category));
    for (let from = 0; from < size.users; from += width) {
      const batch = batchOf(Array.from({ length: width }, (_unused, at) => from + at));
      retriever.retrieve(batch, size.items, { only }).forEach((found, at) => {
        const seen = new Set(historyOf(from + at));
        const left = items.filter((item) => category(item) && !soldOut.has(item) && !seen.has(item));
        expect(Array.from(found).sort((a, b) => a - b)).toEqual(left);
      });
    }
    expect(retriever.retrieve(batchOf([0]), 5, { only: itemBitmap(size.items, []) })).toEqual([new Int32Array(0)]);
    retriever.release();
  });

  it("answers nothing with nothing, asks no less than one item, and wants a bitmap of the right length", () => {
    expect(factorRetriever(model).retrieve(queryBatch([]), 3)).toEqual([]);
    expect(() => factorRetriever(model).retrieve(all, 0)).toThrow("n must be a positive integer, got 0");
    expect(() => factorRetriever(model, { exclude: new Uint32Array(2) })).toThrow("must have 3 words");
    expect(() => factorRetriever(model).retrieve(all, 3, { only: new Uint32Array(4) })).toThrow(
      "only must have 3 words",
    );
    expect(() => itemBitmap(4, [4])).toThrow("must be integers in [0, 4)");
  });

  it("gives back the memory of a model, which then works on", () => {
    const { memory } = model.index().engine;
    const scores = model.score(all);
    const held = memory.use().usedBytes;
    model.release();
    expect(memory.use().usedBytes).toBeLessThan(held);
    expect(model.score(all)).toEqual(scores);
  });

  it("is explained by items of the history that are like the one recommended", () => {
    const item = 3; // of class 0, as are the items of user 0
    const { items, similarities } = explain(model, batchOf([0]), 0, item, 5);
    expect(items).toHaveLength(5);
    expect(Array.from(items).every((other) => historyOf(0).includes(other) && other !== item)).toBe(true);
    expect(Array.from(similarities)).toEqual(Array.from(similarities).sort((a, b) => b - a));
    const mixed = queryBatch([{ items: [1, 2, 6, 4, 9, 5, 900, -1, 9] }]);
    expect(Array.from(explain(model, mixed, 0, item, 2).items).every((other) => other % 3 === 0)).toBe(true);
    expect(explain(model, queryBatch([{ items: [] }]), 0, item).items).toHaveLength(0);
    expect(() => explain(model, mixed, 0, size.items)).toThrow("item must be in [0, 90)");
  });

  it("exports vectors whose dot products are its scores", () => {
    const { width, users, items } = dotVectors(model);
    const scores = model.score(all);
    for (const [user, item] of [
      [0, 0],
      [17, 5],
      [39, 89],
    ] as const) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += users[user * width + k]! * items[item * width + k]!;
      expect(sum).toBeCloseTo(scores[user * size.items + item]!, 5);
    }
    const { tensors } = decodeTensorFile(encodeVectors(model), "test");
    expect(tensors.get("items")).toEqual({ shape: [size.items, width], data: items });
    expect(tensors.get("users")!.shape).toEqual([size.users, width]);
    expect(stringsOf(tensors.get("item-ids"), "test")).toEqual(train.catalog.items.ids);
    const rows = [...vectorRows(model, "users")];
    expect(rows[7]).toEqual({ id: "user-7", vector: users.slice(7 * width, 8 * width) });
    expect(rows).toHaveLength(size.users);
  });
});

/** A model of these item vectors, and users near some of them. */
function modelOf(items: Float32Array, users: Float32Array, factors: number): FactorModel {
  const [itemCount, userCount] = [items.length / factors, users.length / factors];
  const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `${index}`);
  const tensors = new Map([
    ["users", { shape: [userCount, factors], data: users }],
    ["items", { shape: [itemCount, factors], data: items }],
  ]);
  const catalog = { users: idTable(ids(userCount)), items: idTable(ids(itemCount)), itemColumns: {} };
  return als.load({ model: "als", config: parseConfig(als.config, { factors }, "test"), catalog, tensors });
}

describe("factorRetriever on many items", () => {
  const random = new Random("many items");

  it.each([16, 50])("int8 finds at least 0.999 of the exact top 100, %d factors", (factors) => {
    // Around 64 centres, as trained vectors are, so that the best hundred lie close together.
    const centres = Float32Array.from({ length: 64 * factors }, () => random.normal());
    const near = (rows: number): Float32Array => {
      const out = new Float32Array(rows * factors);
      for (let row = 0; row < rows; row++) {
        const centre = random.integer(64) * factors;
        for (let k = 0; k < factors; k++) out[row * factors + k] = centres[centre + k]! + 0.5 * random.normal();
      }
      return out;
    };
    const model = modelOf(near(20_000), near(40), factors);
    const batch = queryBatch(Array.from({ length: 40 }, (_, user) => ({ user, items: [] })));
    const exact = factorRetriever(model).retrieve(batch, 100);
    const quick = factorRetriever(model, { precision: "int8", threads: 2 }).retrieve(batch, 100);
    const found = exact.map((items, b) => Array.from(items).filter((item) => quick[b]!.includes(item)).length);
    expect(found.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(0.999 * 4000);
  });

  it.each([
    ["float32", 1],
    ["float32", 8],
    ["int8", 1],
  ] as const)("%s, %d at a time: ties go to the lower item, on any threads", (precision, width) => {
    // 9,000 items in 30 groups of 300 that are the same vector.
    const factors = 8;
    const groups = Float32Array.from({ length: 30 * factors }, () => random.normal());
    const items = Float32Array.from({ length: 9000 * factors }, (_, at) => groups[at % groups.length]!);
    const user = groups.slice(5 * factors, 6 * factors);
    const model = modelOf(items, user, factors);
    const score = (group: number): number =>
      user.reduce((sum, value, k) => sum + value * groups[group * factors + k]!, 0);
    const best = Array.from({ length: 30 }, (_, group) => group).sort((a, b) => score(b) - score(a));
    const wanted = best.slice(0, 2).flatMap((group) => Array.from({ length: 300 }, (_, turn) => group + 30 * turn));
    const batch = queryBatch(Array.from({ length: width }, () => ({ user: 0, items: [] })));
    for (const threads of [1, 2]) {
      const retriever = factorRetriever(model, { precision, threads });
      for (const list of retriever.retrieve(batch, 400)) expect(Array.from(list)).toEqual(wanted.slice(0, 400));
      retriever.release();
    }
  });
});
