import {
  DAY_MS,
  idTable,
  interactionsFrom,
  parseConfig,
  queryBatch,
  Random,
  type Interactions,
  type QueryBatch,
} from "@sequitur/core";
import type { Model } from "@sequitur/recommender";
import { conforms, hitRate, noise } from "@sequitur/recommender/conforms";
import { describe, expect, it } from "vitest";
import { itemShares } from "./item-weights.js";
import { popularity, popularityConfig } from "./popularity.js";

conforms(popularity);
conforms({ ...popularity }, { config: { by: "hour", halfLifeDays: 3 } });

/** One user over three items; each row is an item and an ISO time, on a clock that runs `offset` minutes ahead of UTC. */
function visits(rows: readonly (readonly [number, string])[], offset?: number): Interactions {
  const catalog = { users: idTable(["u"]), items: idTable(["a", "b", "c"]), itemColumns: {} };
  return interactionsFrom(catalog, {
    users: new Int32Array(rows.length),
    items: Int32Array.from(rows, ([item]) => item),
    times: Float64Array.from(rows, ([, time]) => Date.parse(time)),
    context: offset === undefined ? {} : { utcOffsetMinutes: new Int16Array(rows.length).fill(offset) },
  });
}

async function fitted(train: Interactions, config: Record<string, unknown>): Promise<Model> {
  return popularity.fit(train, parseConfig(popularityConfig, config, "test"), { random: new Random(1) });
}

function at(time: string): QueryBatch {
  return queryBatch([{ items: [], now: Date.parse(time) }]);
}

describe("popularity", () => {
  it("is each item's share of the interactions, repeats included", async () => {
    const train = visits([
      [0, "2024-01-01"],
      [0, "2024-01-02"],
      [0, "2024-01-03"],
      [2, "2024-01-04"],
    ]);
    const model = await fitted(train, {});
    expect(Array.from(model.score(at("2024-02-01")))).toEqual([0.75, 0, 0.25]);
    expect(Array.from(itemShares(train))).toEqual([0.75, 0, 0.25]);
  });

  it("halves an interaction for each half-life before the newest", async () => {
    const model = await fitted(
      visits([
        [0, "2024-01-01"],
        [0, "2024-01-03"],
        [1, "2024-01-05"],
      ]),
      { halfLifeDays: 2 },
    );
    const [a, b] = [1 / 4 + 1 / 2, 1];
    const scores = Array.from(model.score(at("2024-01-06")));
    expect(scores[0]).toBeCloseTo(a / (a + b), 6);
    expect(scores[1]).toBeCloseTo(b / (a + b), 6);
  });

  it("keeps apart the hours of the user's clock", async () => {
    // 08:30 and 18:30 in a zone one hour ahead of UTC.
    const train = visits(
      [
        [0, "2024-01-01T07:30Z"],
        [1, "2024-01-01T17:30Z"],
        [1, "2024-01-02T17:45Z"],
      ],
      60,
    );
    const model = await fitted(train, { by: "hour", smoothing: 0 });
    const local = (time: string, offset: number): QueryBatch => ({
      ...at(time),
      utcOffsetMinutes: Int16Array.of(offset),
    });
    expect(Array.from(model.score(local("2024-02-01T08:05Z", 0)))).toEqual([1, 0, 0]);
    expect(Array.from(model.score(local("2024-02-01T18:05Z", 0)))).toEqual([0, 1, 0]);
    expect(Array.from(model.score(at("2024-02-01T07:05Z"))), "no offset: the training's commonest").toEqual([1, 0, 0]);
    const overall = Array.from(model.score(local("2024-02-01T03:00Z", 0)));
    expect(overall[0], "an empty hour gives the overall share").toBeCloseTo(1 / 3, 6);
  });

  it("smooths by interactions of overall popularity", async () => {
    const train = visits([
      [0, "2024-01-01T07:00Z"],
      [1, "2024-01-01T09:00Z"],
    ]);
    const model = await fitted(train, { by: "hour", smoothing: 3 });
    const [a, b] = Array.from(model.score(at("2024-02-01T07:00Z")));
    expect(a).toBeCloseTo((1 + 3 / 2) / (1 + 3), 6);
    expect(b).toBeCloseTo(3 / 2 / (1 + 3), 6);
  });

  it("puts December with January and not with November", async () => {
    const train = visits([
      [0, "2023-12-15"],
      [1, "2023-11-15"],
      [2, "2024-06-15"],
    ]);
    const season = await fitted(train, { by: "season", smoothing: 0 });
    expect(Array.from(season.score(at("2024-02-28")))).toEqual([1, 0, 0]);
    expect(Array.from(season.score(at("2024-09-01")))).toEqual([0, 1, 0]);
    const month = await fitted(train, { by: "month", smoothing: 0 });
    expect(Array.from(month.score(at("2025-11-01")))).toEqual([0, 1, 0]);
    expect(Array.from(month.score(at("2025-06-30T23:59Z")))).toEqual([0, 0, 1]);
  });

  it("scores nothing from nothing", async () => {
    const model = await fitted(visits([]), { by: "hour", halfLifeDays: 1 });
    expect(Array.from(model.score(at("2024-01-01")))).toEqual([0, 0, 0]);
  });

  it("finds the planted favourite, and nothing in noise", async () => {
    const favourite = visits(
      Array.from({ length: 30 }, (_, day) => [day % 3 === 0 ? 0 : 2, new Date(day * DAY_MS).toISOString()]),
    );
    const model = await fitted(favourite, {});
    expect(model.score(at("2024-01-01"))[2]).toBeCloseTo(2 / 3, 6);
    const chance = noise(new Random("popularity"));
    expect(hitRate(await fitted(chance.train, {}), chance, 1)).toBeLessThan(0.1);
  });
});
