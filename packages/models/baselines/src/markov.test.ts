import { HOUR_MS, idTable, interactionsFrom, parseConfig, queryBatch, Random, type Interactions } from "@sequitur/core";
import type { Model } from "@sequitur/recommender";
import { conforms, hitRate, noise, plantedSequences } from "@sequitur/recommender/conforms";
import { describe, expect, it } from "vitest";
import { markov, markovConfig } from "./markov.js";

conforms(markov);

/** Each row is a user, an item, an hour and, when sessions are given, its session. */
function visits(rows: readonly (readonly [number, number, number, number?])[]): Interactions {
  const catalog = { users: idTable(["u", "v"]), items: idTable(["a", "b", "c", "d"]), itemColumns: {} };
  const withSessions = rows.some((row) => row[3] !== undefined);
  return interactionsFrom(catalog, {
    users: Int32Array.from(rows, ([user]) => user),
    items: Int32Array.from(rows, ([, item]) => item),
    times: Float64Array.from(rows, ([, , hour]) => hour * HOUR_MS),
    context: withSessions ? { session: Int32Array.from(rows, (row) => row[3] ?? 0) } : {},
  });
}

async function fitted(train: Interactions, config: Record<string, unknown> = {}): Promise<Model> {
  return markov.fit(train, parseConfig(markovConfig, config, "test"), { random: new Random(1) });
}

// a -> b, b -> a, a -> b by u; a -> c by v. Shares: a 3/6, b 2/6, c 1/6, d 0.
const small = visits([
  [0, 0, 0],
  [0, 1, 1],
  [0, 0, 2],
  [0, 1, 3],
  [1, 0, 0],
  [1, 2, 1],
]);

describe("markov", () => {
  it("is the smoothed share of transitions from the last item", async () => {
    const model = await fitted(small, { smoothing: 0.5 });
    const scores = Array.from(model.score(queryBatch([{ items: [1, 0] }])));
    const want = [0.5 * (3 / 6), 2 + 0.5 * (2 / 6), 1 + 0.5 * (1 / 6), 0].map((count) => count / 3.5);
    want.forEach((probability, item) => expect(scores[item]).toBeCloseTo(probability, 6));
    expect(scores.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 6);
  });

  it("does not join the last item of one user to the first of the next", async () => {
    // u: a b, v: d a. Joined, d would follow b.
    const model = await fitted(
      visits([
        [0, 0, 0],
        [0, 1, 1],
        [1, 3, 2],
        [1, 0, 3],
      ]),
    );
    expect(Array.from(model.score(queryBatch([{ items: [1] }])))).toEqual([0.5, 0.25, 0, 0.25]);
  });

  it("falls back to popularity without a last item that was ever left", async () => {
    const model = await fitted(small);
    const shares = Array.from(Float32Array.of(3 / 6, 2 / 6, 1 / 6, 0));
    for (const items of [[], [2], [3]]) {
      expect(Array.from(model.score(queryBatch([{ items }]))), `after [${items}]`).toEqual(shares);
    }
  });

  it("counts nothing over a gap, and treats a stale query as fresh", async () => {
    const model = await fitted(
      visits([
        [0, 0, 0],
        [0, 1, 1],
        [0, 0, 30],
        [0, 2, 31],
      ]),
      { sessionGapHours: 24, smoothing: 0 },
    );
    expect(Array.from(model.score(queryBatch([{ items: [1], times: [0], now: HOUR_MS }]))), "b to a is a gap").toEqual(
      Array.from(Float32Array.of(0.5, 0.25, 0.25, 0)),
    );
    const after = (hours: number): number[] =>
      Array.from(model.score(queryBatch([{ items: [0], times: [0], now: hours * HOUR_MS }])));
    expect(after(24)).toEqual([0, 0.5, 0.5, 0]);
    expect(after(24.1)).toEqual([0.5, 0.25, 0.25, 0]);
  });

  it("stays within the sessions of the source when asked, and says when there are none", async () => {
    const rows = visits([
      [0, 0, 0, 7],
      [0, 1, 1, 7],
      [0, 2, 2, 8],
    ]);
    const model = await fitted(rows, { withinSession: true, smoothing: 0 });
    expect(Array.from(model.score(queryBatch([{ items: [0] }])))).toEqual([0, 1, 0, 0]);
    const third = Math.fround(1 / 3);
    expect(Array.from(model.score(queryBatch([{ items: [1] }])))).toEqual([third, third, third, 0]);
    expect(Array.from(model.score(queryBatch([{ items: [0], sessionStart: 1 }])))).toEqual([third, third, third, 0]);
    await expect(fitted(small, { withinSession: true })).rejects.toThrow(/markov.*sessions.*none/);
  });

  it("ranks every follower before every other item at smoothing 1", async () => {
    const rows: [number, number, number][] = [
      [0, 0, 0],
      [0, 1, 1],
    ];
    for (let hour = 2; hour < 100; hour++) rows.push([1, 3, hour]);
    const scores = (await fitted(visits(rows), { smoothing: 1 })).score(queryBatch([{ items: [0] }]));
    expect(scores[1]).toBeGreaterThan(scores[3]!);
  });

  it("refuses a damaged artifact", async () => {
    const artifact = (await fitted(small)).save();
    const broken =
      (name: string, data: Int32Array): (() => Model) =>
      () =>
        markov.load({ ...artifact, tensors: new Map([...artifact.tensors, [name, { shape: [data.length], data }]]) });
    expect(broken("transitions.columns", Int32Array.of(1, 2, 4))).toThrow(/columns must lie in \[0, 4\), got 4 at 2/);
    expect(broken("transitions.columns", Int32Array.of(-1, 2, 0))).toThrow(/got -1 at 0/);
    expect(broken("transitions.offsets", Int32Array.of(0, 4, 2, 3, 3))).toThrow(/offsets must ascend/);
    expect(broken("transitions.offsets", Int32Array.of(1, 1, 2, 3, 3))).toThrow(/must start at 0/);
  });

  it("learns planted successors, and nothing from noise", async () => {
    const planted = plantedSequences(new Random("markov"));
    expect(hitRate(await fitted(planted.train), planted, 1)).toBeGreaterThan(0.8);
    const chance = noise(new Random("markov"));
    expect(hitRate(await fitted(chance.train), chance, 1)).toBeLessThan(0.1);
  });
});
