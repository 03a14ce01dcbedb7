import { NONE, queryBatch, Random, type QueryBatch } from "@sequitur/core";
import { beforeAll, describe, expect, it } from "vitest";
import { als } from "../als/als.js";
import { bpo } from "../bpo/bpo.js";
import { bpr } from "../bpr/bpr.js";
import { nbpo } from "../nbpo/nbpo.js";
import { fitted, interactionsOf, plantedClasses } from "../planted.fixture.js";
import type { FactorModel } from "../serving/factor-model.js";
import type { FactorRecommender } from "../serving/factor-recommender.js";
import { warp } from "../warp/warp.js";
import { logisticVector } from "./logistic-vector.js";

const size = { users: 60, items: 60, classes: 3 };
const { train, likes } = plantedClasses(size, 0.3, new Random("folding"));
const historyOf = (user: number): Int32Array =>
  train.items.subarray(train.userOffsets[user], train.userOffsets[user + 1]);
const usersOf = (item: number): number[] => Array.from(train.users).filter((_, row) => train.items[row] === item);

/** Share of (liked, not liked) pairs in the right order. */
function orderedShare(scores: ArrayLike<number>, liked: (place: number) => boolean): number {
  let right = 0;
  let all = 0;
  for (let a = 0; a < scores.length; a++) {
    for (let b = 0; b < scores.length; b++) {
      if (!liked(a) || liked(b)) continue;
      all++;
      if (scores[a]! > scores[b]!) right++;
    }
  }
  return right / all;
}

/** Pearson's correlation of two rows of scores. */
function correlation(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const mean = (values: ArrayLike<number>): number =>
    Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xy += (x[i]! - mx) * (y[i]! - my);
    xx += (x[i]! - mx) ** 2;
    yy += (y[i]! - my) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

const sgd = { factors: 8, epochs: 60, learningRate: 0.1, userDecay: 0.02, itemDecay: 0.02 };
const cases: [string, FactorRecommender, Record<string, unknown>][] = [
  ["bpr", bpr, { ...sgd, hardest: 1 }],
  ["bpo", bpo, sgd],
  ["bpo, both biases", bpo, { ...sgd, bias: true, userBias: true }],
  ["nbpo", nbpo, sgd],
  ["warp", warp, { ...sgd, learningRate: 0.02 }],
  ["als", als, { factors: 8, decay: 1 }],
];

describe.each(cases)("folding in: %s", (_, recommender, config) => {
  let model: FactorModel;
  beforeAll(async () => (model = await fitted(recommender, train, config)));
  const strangers = (users: readonly number[]): QueryBatch =>
    queryBatch(users.map((user) => ({ user: NONE, items: historyOf(user) })));

  it("scores an unknown user much as the trained user of the same history", () => {
    const known = model.score(queryBatch([0, 1, 2, 30].map((user) => ({ user, items: [] }))));
    const folded = model.score(strangers([0, 1, 2, 30]));
    [0, 1, 2, 30].forEach((user, at) => {
      const row = folded.subarray(at * size.items, (at + 1) * size.items);
      expect(orderedShare(row, (item) => likes(user, item))).toBeGreaterThan(0.95);
      expect(correlation(row, known.subarray(at * size.items, (at + 1) * size.items))).toBeGreaterThan(0.85);
    });
  });

  it("does not mind the order of the history, repeats, or who else is asked about", () => {
    const items = Array.from(historyOf(4));
    const once = model.score(queryBatch([{ items }]));
    const turned = model.score(queryBatch([{ items: [1, 2] }, { items: [...items.toReversed(), items[0]!] }]));
    expect(turned.subarray(size.items)).toEqual(once);
  });

  it("adds users and items to the catalogue without touching what is there", () => {
    const item = 7;
    const wider = model
      .withItems([{ id: "newcomer", users: usersOf(item) }])
      .withUsers([{ id: "stranger", items: historyOf(5) }]);
    expect(wider.catalog.items.indexOf("newcomer")).toBe(size.items);
    expect(wider.catalog.users.indexOf("stranger")).toBe(size.users);
    const everybody = queryBatch(Array.from({ length: size.users + 1 }, (_unused, user) => ({ user, items: [] })));
    const scores = wider.score(everybody);
    const columns = size.items + 1;
    const newcomer = Array.from({ length: size.users }, (_unused, user) => scores[user * columns + size.items]!);
    expect(orderedShare(newcomer, (user) => likes(user, item))).toBeGreaterThan(0.9);
    const stranger = scores.subarray(size.users * columns, size.users * columns + size.items);
    expect(orderedShare(stranger, (place) => likes(5, place))).toBeGreaterThan(0.95);
    const before = model.score(queryBatch([{ user: 9, items: [] }]));
    expect(scores.subarray(9 * columns, 9 * columns + size.items)).toEqual(before);
    const loaded = recommender.load(wider.save());
    expect(loaded.score(everybody)).toEqual(scores);
  });

  it("serves somebody of whom nothing is known by the mean of the trained users", () => {
    const scores = model.score(queryBatch([{ items: [] }]));
    expect(scores.every((score) => Number.isFinite(score))).toBe(true);
    expect(model.score(queryBatch([{ user: 999, items: [-1, 4000] }]))).toEqual(scores);
  });

  it("serves known users by their history when told to", async () => {
    const byHistory = await fitted(recommender, train, { ...config, knownUsers: "history" });
    const asked = queryBatch([{ user: 0, items: historyOf(1) }]);
    expect(byHistory.score(asked)).toEqual(model.score(strangers([1])));
  });

  it("refuses indices outside the catalogue", () => {
    expect(() => model.foldInUser([size.items])).toThrow("items must be integers in [0, 60), got 60 at 0");
    expect(() => model.foldInItem([1, -1])).toThrow("users must be integers in [0, 60), got -1 at 1");
  });
});

it("folds in a user of the fit who had no interactions then", async () => {
  const pairs = Array.from(train.users, (user, row) => [user, train.items[row]!] as const).filter(
    ([user]) => user !== 3,
  );
  const model = await fitted(bpr, interactionsOf(pairs, size.users, size.items), { ...sgd, hardest: 1 });
  const late = model.score(queryBatch([{ user: 3, items: historyOf(3) }]));
  expect(late).toEqual(model.score(queryBatch([{ items: historyOf(3) }])));
  expect(orderedShare(late, (item) => likes(3, item))).toBeGreaterThan(0.95);
});

it("logisticVector reaches the optimum: the gradient is zero there", () => {
  const random = new Random("logistic");
  const [count, width, decay] = [200, 6, 0.05];
  const rows = Float32Array.from({ length: count * width }, () => random.normal());
  const offsets = Float32Array.from({ length: count }, () => random.normal());
  const signs = Int8Array.from({ length: count }, () => (random.uniform() < 0.5 ? 1 : -1));
  const x = logisticVector({ rows, offsets, signs, width, decay, steps: 2000 });
  for (let k = 0; k < width; k++) {
    let slope = -decay * x[k]!;
    for (let r = 0; r < count; r++) {
      let score = offsets[r]!;
      for (let j = 0; j < width; j++) score += x[j]! * rows[r * width + j]!;
      slope += (signs[r]! * rows[r * width + k]!) / (count * (1 + Math.exp(signs[r]! * score)));
    }
    expect(slope).toBeCloseTo(0, 5);
  }
});
