import {
  HOUR_MS,
  idTable,
  interactionsFrom,
  listOf,
  parseConfig,
  queryBatch,
  Random,
  type Interactions,
} from "@sequitur/core";
import type { Model } from "@sequitur/recommender";
import { checkerboard, conforms, hitRate, noise } from "@sequitur/recommender/conforms";
import { describe, expect, it } from "vitest";
import { sessionKnn, sessionKnnConfig } from "./session-knn.js";

conforms(sessionKnn);
conforms(sessionKnn, { config: { sessions: "user", recentSessions: 5, neighbours: 2 } });

async function fitted(train: Interactions, config: Record<string, unknown> = {}): Promise<Model> {
  return sessionKnn.fit(train, parseConfig(sessionKnnConfig, config, "test"), { random: new Random(1) });
}

/** Sessions of one user each, oldest first, a day apart; items a..f. */
function sessionsOf(...sessions: readonly (readonly number[])[]): Interactions {
  const catalog = {
    users: idTable(sessions.map((_, user) => `u${user}`)),
    items: idTable(["a", "b", "c", "d", "e", "f"]),
    itemColumns: {},
  };
  return interactionsFrom(catalog, {
    users: Int32Array.from(sessions.flatMap((items, user) => items.map(() => user))),
    items: Int32Array.from(sessions.flat()),
    times: Float64Array.from(sessions.flatMap((items, user) => items.map((_, at) => (user * 24 + at) * HOUR_MS))),
  });
}

/** The definition, over sets, for one query given newest first. */
function slowScores(
  sessions: readonly (readonly number[])[],
  query: readonly number[],
  config: Record<string, number>,
): number[] {
  const { m = 1000, k = 200 } = config;
  const sets = sessions.map((items) => new Set(items));
  const recent = (item: number): number[] =>
    [...sets.keys()]
      .filter((n) => sets[n]!.has(item))
      .sort((a, b) => b - a)
      .slice(0, m);
  const reached = [...new Set(query.flatMap(recent))].sort((a, b) => b - a).slice(0, m);
  const weight = (rank: number): number => 1 - rank / query.length;
  const similarity = (n: number): number =>
    query.reduce((sum, item, rank) => sum + (recent(item).includes(n) ? weight(rank) : 0), 0);
  const nearest = reached.sort((a, b) => similarity(b) - similarity(a) || b - a).slice(0, k);
  return Array.from({ length: 6 }, (_, item) => {
    const having = sets.filter((set) => set.has(item)).length;
    const idf = config["idf"] === 0 ? 1 : Math.log(sets.length / Math.max(1, having));
    return nearest
      .filter((n) => sets[n]!.has(item))
      .reduce((sum, n) => {
        const shared = query.findIndex((own) => recent(own).includes(n));
        return sum + similarity(n) * weight(shared) * idf;
      }, 0);
  });
}

describe("session-knn", () => {
  it("follows the hand calculation", async () => {
    // Query a, b (b newest): w(b) = 1, w(a) = 1/2.
    const model = await fitted(sessionsOf([0, 2], [1, 3], [0, 1, 4]), { idf: false });
    const scores = Array.from(model.score(queryBatch([{ items: [0, 1] }])));
    const want = [0.5 * 0.5 + 1.5, 1 + 1.5, 0.5 * 0.5, 1, 1.5, 0];
    want.forEach((score, item) => expect(scores[item]).toBeCloseTo(score, 6));
  });

  it.each([
    { m: 1000, k: 200, idf: 1 },
    { m: 1000, k: 200, idf: 0 },
    { m: 3, k: 2, idf: 1 },
    { m: 2, k: 200, idf: 0 },
  ])("equals its definition, written slowly, with %j", async (config) => {
    const random = new Random("sessions");
    const draw = (): number[] => Array.from({ length: 1 + random.integer(4) }, () => random.integer(6));
    const sessions = Array.from({ length: 15 }, draw);
    const train = sessionsOf(...sessions);
    const model = await fitted(train, { recentSessions: config.m, neighbours: config.k, idf: config.idf === 1 });
    for (let round = 0; round < 30; round++) {
      const items = draw();
      const query = [...new Set(items.toReversed())];
      const scores = model.score(queryBatch([{ items }]));
      slowScores(sessions, query, config).forEach((score, item) =>
        expect(scores[item], `${items}: item ${item}`).toBeCloseTo(score, 5),
      );
    }
  });

  it("uses the current session only, and no more than its newest items", async () => {
    const model = await fitted(sessionsOf([0, 2], [1, 3], [4, 5]), { idf: false, maxSessionItems: 2 });
    const last = model.score(queryBatch([{ items: [0, 1], sessionStart: 1 }]));
    expect(last).toEqual(model.score(queryBatch([{ items: [1] }])));
    expect(model.score(queryBatch([{ items: [4, 0, 1] }]))).toEqual(model.score(queryBatch([{ items: [0, 1] }])));
    const whole = await fitted(sessionsOf([0, 2], [1, 3], [4, 5]), { idf: false, sessions: "user" });
    expect(whole.score(queryBatch([{ items: [0, 1], sessionStart: 1 }]))[2]).toBeGreaterThan(0);
  });

  it("cuts sessions by gap, by the source's numbers, or not at all", async () => {
    const { catalog, users, items } = sessionsOf([0, 1, 2, 3]);
    const times = Float64Array.of(0, 1, 100, 101).map((hour) => hour * HOUR_MS);
    const train = interactionsFrom(catalog, { users, items, times, context: { session: Int32Array.of(1, 2, 2, 2) } });
    const reached = async (config: Record<string, unknown>): Promise<number[]> => {
      const scores = (await fitted(train, { ...config, idf: false })).score(queryBatch([{ items: [1] }]));
      return Array.from(scores.keys()).filter((item) => scores[item]! > 0);
    };
    expect(await reached({})).toEqual([0, 1]);
    expect(await reached({ sessionGapHours: 0.001 })).toEqual([1]);
    expect(await reached({ sessions: "source" })).toEqual([1, 2, 3]);
    expect(await reached({ sessions: "user" })).toEqual([0, 1, 2, 3]);
    await expect(fitted(sessionsOf([0]), { sessions: "source" })).rejects.toThrow(/session-knn.*sessions/);
  });

  it("orders sessions by their last interaction, not by user", async () => {
    const catalog = { users: idTable(["old", "new"]), items: idTable(["a", "b", "c"]), itemColumns: {} };
    const train = interactionsFrom(catalog, {
      users: Int32Array.of(0, 0, 1, 1),
      items: Int32Array.of(0, 1, 0, 2),
      times: Float64Array.of(100, 101, 0, 1),
    });
    const model = await fitted(train, { recentSessions: 1, idf: false });
    expect(Array.from(model.score(queryBatch([{ items: [0] }])))).toEqual([1, 1, 0]);
  });

  it("gives popularity when no session is reached", async () => {
    const model = await fitted(sessionsOf([0, 1], [0, 2]));
    const shares = Array.from(Float32Array.of(2 / 4, 1 / 4, 1 / 4, 0, 0, 0));
    for (const items of [[], [5]]) expect(Array.from(model.score(queryBatch([{ items }])))).toEqual(shares);
  });

  it("finds the withheld diagonal for every user, and nothing in noise", async () => {
    const planted = checkerboard();
    const model = await fitted(planted.train, { maxSessionItems: 20 });
    expect(hitRate(model, planted, 1, true)).toBe(1);
    expect(listOf(planted.queries, 0)).toHaveLength(9);
    const chance = noise(new Random("session-knn"));
    expect(hitRate(await fitted(chance.train), chance, 1)).toBeLessThan(0.1);
  });
});
