import {
  HOUR_MS,
  idTable,
  interactionsFrom,
  NONE,
  parseConfig,
  queryBatch,
  Random,
  type Interactions,
} from "@sequitur/core";
import type { Model } from "@sequitur/recommender";
import { conforms, hitRate, noise, plantedSequences } from "@sequitur/recommender/conforms";
import { describe, expect, it } from "vitest";
import { personal, personalConfig, type PersonalConfig } from "./personal.js";

conforms(personal);
conforms(personal, { config: { nextTime: "given" } });

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

interface Visit {
  readonly item: number;
  readonly hour: number;
  readonly clock: number;
}

/** The kernel over all visits that the model may know, for a user in the middle of a session. */
function slowShares(
  trained: readonly Visit[],
  later: readonly Visit[],
  asked: { readonly hour: number; readonly clock: number },
  c: PersonalConfig,
): number[] {
  const known = c.countHistory ? [...trained, ...later] : trained;
  const present = later.at(-1)!;
  const wall = ({ hour, clock }: { readonly hour: number; readonly clock: number }): Date =>
    new Date((hour + clock / 60) * HOUR_MS);
  const isWeekend = (date: Date): boolean => [0, 6].includes(date.getUTCDay());
  const place = c.nextTime === "predicted" || asked.hour - present.hour <= c.sessionGapHours! ? present.item : NONE;
  const weights = known.map((visit, at) => {
    const apart = Math.abs(wall(visit).getUTCHours() - wall(asked).getUTCHours());
    const distance = Math.min(apart, 24 - apart);
    const clocks = c.hourFloor + (1 - c.hourFloor) * Math.exp(-(distance ** 2) / 2 / c.hourWidth! ** 2);
    const days = isWeekend(wall(visit)) === isWeekend(wall(asked)) ? 1 : c.otherDayWeight;
    const follows = at > 0 && known[at - 1]!.item === place ? 1 + c.ownTransitionWeight : 1;
    const age = (asked.hour - visit.hour) / 24;
    return 0.5 ** (age / c.visitHalfLifeDays!) * follows * (c.nextTime === "given" ? clocks * days : 1);
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return [0, 1, 2, 3].map((item) =>
    known.reduce((sum, v, at) => sum + (v.item === item ? weights[at]! / total : 0), 0),
  );
}

describe("personal", () => {
  const even = {
    nextTime: "given",
    visitHalfLifeDays: null,
    hourWidth: null,
    otherDayWeight: 1,
    ownTransitionWeight: 0,
  };
  const plain = { ...even, markovWeight: 0, popularityWeight: 0 };

  it("is the user's share of visits plus weighted transitions plus a little popularity", async () => {
    const model = await fitted(small, { ...even, markovWeight: 2, popularityWeight: 0.06, countHistory: false });
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
    const model = await fitted(small, { ...plain, markovWeight: 1, countHistory: false, sessionGapHours: 24 });
    const after = (hours: number): Float32Array =>
      model.score(queryBatch([{ user: 1, items: [2], times: [0], now: hours * HOUR_MS }]));
    expectScores(after(24), [0, 1 / 2 + 1, 1 / 2, 0]);
    expectScores(after(25), [0, 1 / 2, 1 / 2, 0]);
  });

  it.each([
    {},
    { nextTime: "given" },
    { nextTime: "given", hourFloor: 0.3, hourWidth: 3, otherDayWeight: 0.1, visitHalfLifeDays: 2 },
    { nextTime: "predicted", ownTransitionWeight: 20, countHistory: false },
  ])("weighs own visits by its definition, written slowly, with %j", async (config: Record<string, unknown>) => {
    const random = new Random("own visits");
    const drawn = (size: number): Visit[] =>
      Array.from({ length: size }, () => ({
        item: random.integer(4),
        hour: random.integer(400),
        clock: random.integer(9) * 60,
      }));
    const visits = drawn(40).toSorted((a, b) => a.hour - b.hour);
    const train = interactionsFrom(small.catalog, {
      users: new Int32Array(40),
      items: Int32Array.from(visits, ({ item }) => item),
      times: Float64Array.from(visits, ({ hour }) => hour * HOUR_MS),
      context: { utcOffsetMinutes: Int16Array.from(visits, ({ clock }) => clock) },
    });
    const settings = { ...config, markovWeight: 0, popularityWeight: 0 };
    const model = await fitted(train, settings);
    for (let round = 0; round < 20; round++) {
      const later = drawn(3).map((visit, at) => ({ ...visit, hour: 401 + 7 * at, clock: 120 }));
      const now = 422 + random.integer(30);
      const batch = queryBatch([
        {
          user: 0,
          items: [...visits, ...later].map(({ item }) => item),
          times: [...visits, ...later].map(({ hour }) => hour * HOUR_MS),
          now: now * HOUR_MS,
        },
      ]);
      const want = slowShares(visits, later, { hour: now, clock: 120 }, parseConfig(personalConfig, settings, "test"));
      expectScores(model.score({ ...batch, utcOffsetMinutes: Int16Array.of(120) }), want);
    }
  });

  it("reads nothing of the question's instant unless it is given", async () => {
    const at = async (nextTime: string, now: number): Promise<Float32Array> =>
      (await fitted(small, { nextTime })).score(
        queryBatch([{ user: 0, items: [0, 1], times: [0, HOUR_MS], now: now * HOUR_MS }]),
      );
    expect(await at("predicted", 100)).toEqual(await at("predicted", 2));
    expect(await at("given", 100)).not.toEqual(await at("given", 2));
  });

  it("knows where a user goes at this hour when the instant is given, and not otherwise", async () => {
    // At 9 o'clock to place 1, at 19 to place 2, every day of three weeks.
    const visits = Array.from({ length: 42 }, (_, at) => ({
      item: 1 + (at % 2),
      hour: 24 * (at >> 1) + (at % 2 ? 19 : 9),
    }));
    const train = interactionsFrom(small.catalog, {
      users: new Int32Array(42),
      items: Int32Array.from(visits, ({ item }) => item),
      times: Float64Array.from(visits, ({ hour }) => hour * HOUR_MS),
    });
    const best = async (nextTime: string, hour: number): Promise<number> => {
      const model = await fitted(train, { nextTime, sessionGapHours: 1 });
      const scores = model.score(queryBatch([{ user: 0, items: [], now: (24 * 21 + hour) * HOUR_MS }]));
      return scores.indexOf(Math.max(...scores));
    };
    expect([await best("given", 9), await best("given", 19)]).toEqual([1, 2]);
    expect(await best("predicted", 9)).toBe(await best("predicted", 19));
  });

  it.each([
    ["visits.items", 4],
    ["visits.offsets", 1],
  ])("refuses an artifact whose %s hold %d", async (name, value) => {
    const saved = (await fitted(small)).save();
    const { shape, data } = saved.tensors.get(name)!;
    const broken = data.slice();
    broken[0] = value;
    const artifact = { ...saved, tensors: new Map([...saved.tensors, [name, { shape, data: broken }]]) };
    expect(() => personal.load(artifact)).toThrow(expect.objectContaining({ code: "bad-artifact" }));
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
