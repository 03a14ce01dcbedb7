import { idTable, interactionsFrom, NONE, parseConfig, queryBatch, Random, type Interactions } from "@sequitur/core";
import type { Model } from "@sequitur/recommender";
import { conforms, hitRate, noise, plantedSequences } from "@sequitur/recommender/conforms";
import { describe, expect, it } from "vitest";
import { personal, personalConfig } from "./personal.js";

conforms(personal);

const HOUR_MS = 3_600_000;

/** u: a b a a, v: c b, hours apart; w has nothing. */
const small: Interactions = interactionsFrom(
  { users: idTable(["u", "v", "w"]), items: idTable(["a", "b", "c", "d"]), itemColumns: {} },
  {
    users: Int32Array.of(0, 0, 0, 0, 1, 1),
    items: Int32Array.of(0, 1, 0, 0, 2, 1),
    times: Float64Array.of(0, 1, 2, 3, 0, 1).map((hour) => hour * HOUR_MS),
  },
);

async function fitted(train: Interactions, config: Record<string, unknown> = {}): Promise<Model> {
  return personal.fit(train, parseConfig(personalConfig, config, "test"), { random: new Random(1) });
}

function expectScores(got: Float32Array, want: readonly number[]): void {
  expect(got).toHaveLength(want.length);
  want.forEach((score, item) => expect(got[item], `item ${item}`).toBeCloseTo(score, 6));
}

describe("personal", () => {
  const plain = { markovWeight: 0, popularityWeight: 0 };

  it("is the user's share of visits plus weighted transitions plus a little popularity", async () => {
    const model = await fitted(small, { markovWeight: 2, popularityWeight: 0.06, countHistory: false });
    // After a: once b, once a. Shares over all: a 3, b 2, c 1 of 6.
    const want = [3 / 4 + 2 / 2 + 0.03, 1 / 4 + 2 / 2 + 0.02, 0.01, 0];
    expectScores(model.score(queryBatch([{ user: 0, items: [0], times: [3 * HOUR_MS] }])), want);
  });

  it("adds what the history holds from after the training, once", async () => {
    const query = { user: 0, items: [0, 1, 0, 0, 3], times: [0, 1, 2, 3, 4].map((hour) => hour * HOUR_MS) };
    const counted = await fitted(small, plain);
    expectScores(counted.score(queryBatch([query])), [3 / 5, 1 / 5, 0, 1 / 5]);
    const trained = await fitted(small, { ...plain, countHistory: false });
    expectScores(trained.score(queryBatch([query])), [3 / 4, 1 / 4, 0, 0]);
  });

  it("counts a stranger from the history alone, whatever countHistory says", async () => {
    for (const countHistory of [true, false]) {
      const model = await fitted(small, { ...plain, countHistory });
      for (const user of [NONE, 2])
        expectScores(model.score(queryBatch([{ user, items: [3, 3, 1] }])), [0, 1 / 3, 0, 2 / 3]);
    }
  });

  it("drops the transitions when the last visit is stale", async () => {
    const model = await fitted(small, { markovWeight: 1, popularityWeight: 0, countHistory: false, maxGapHours: 24 });
    const after = (hours: number): Float32Array =>
      model.score(queryBatch([{ user: 1, items: [2], times: [0], now: hours * HOUR_MS }]));
    expectScores(after(24), [0, 1 / 2 + 1, 1 / 2, 0]);
    expectScores(after(25), [0, 1 / 2, 1 / 2, 0]);
  });

  it("learns each user's planted favourite and planted successors, and nothing from noise", async () => {
    const random = new Random("personal");
    const chance = noise(random);
    expect(hitRate(await fitted(chance.train), chance, 1)).toBeLessThan(0.1);
    const planted = plantedSequences(random);
    expect(hitRate(await fitted(planted.train, { markovWeight: 2 }), planted, 1)).toBeGreaterThan(0.8);
    const { train, queries } = plantedSequences(random);
    const favourites = train.users.map((user, row) => (row % 2 === 0 ? (user * 7) % 20 : train.items[row]!));
    const habits = interactionsFrom(train.catalog, { users: train.users, items: favourites, times: train.times });
    const answers = queries.users.map((user) => (user * 7) % 20);
    const model = await fitted(habits, { markovWeight: 0 });
    expect(hitRate(model, { train: habits, queries: { ...queries, items: favourites }, answers }, 1)).toBeGreaterThan(
      0.95,
    );
  });
});
