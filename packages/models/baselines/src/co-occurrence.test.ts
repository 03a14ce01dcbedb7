import {
  HOUR_MS,
  idTable,
  interactionsFrom,
  itemCounts,
  parseConfig,
  queryBatch,
  Random,
  type Interactions,
  type ItemColumns,
} from "@sequitur/core";
import type { Model } from "@sequitur/recommender";
import { checkerboard, conforms, hitRate, noise, plantedSequences } from "@sequitur/recommender/conforms";
import { describe, expect, it } from "vitest";
import { coOccurrence, coOccurrenceConfig, type CoOccurrenceConfig } from "./co-occurrence.js";

const TEXTS = { titles: Array.from({ length: 20 }, (_, item) => `${item % 2 === 0 ? "even" : "odd"} thing ${item}`) };

conforms(coOccurrence);
conforms(coOccurrence, { itemColumns: TEXTS, config: { contentWeight: 1.5, backward: 0.5, gapHalfLifeHours: 48 } });

type Row = readonly [user: number, item: number, hour: number];

function log(rows: readonly Row[], size: number, itemColumns: ItemColumns = {}): Interactions {
  const catalog = {
    users: idTable(["u", "v", "w"]),
    items: idTable(Array.from({ length: size }, (_, item) => `i${item}`)),
    itemColumns,
  };
  return interactionsFrom(catalog, {
    users: Int32Array.from(rows, ([user]) => user),
    items: Int32Array.from(rows, ([, item]) => item),
    times: Float64Array.from(rows, ([, , hour]) => hour * HOUR_MS),
  });
}

function settings(config: Record<string, unknown>): CoOccurrenceConfig {
  return parseConfig(coOccurrenceConfig, config, "test");
}

async function fitted(train: Interactions, config: Record<string, unknown> = {}): Promise<Model> {
  return coOccurrence.fit(train, settings(config), { random: new Random(1) });
}

function scoresOf(model: Model, items: readonly number[]): number[] {
  return Array.from(model.score(queryBatch([{ items }])));
}

/** The definition without texts, over all pairs of rows. */
function slowScores(train: Interactions, history: readonly number[], c: CoOccurrenceConfig): number[] {
  const counts = Array.from(itemCounts(train));
  const size = counts.length;
  const newest = Math.max(...train.times);
  const weights = counts.map(() => counts.map(() => 0));
  for (let a = 0; a < train.size; a++) {
    for (let b = a + 1; b < train.size; b++) {
      const [i, j] = [train.items[a]!, train.items[b]!];
      if (train.users[a] !== train.users[b] || b - a > c.window || i === j) continue;
      const gapHours = (train.times[b]! - train.times[a]!) / HOUR_MS;
      const ageDays = (newest - train.times[b]!) / HOUR_MS / 24;
      const weight =
        (b - a) ** -c.distancePower *
        0.5 ** (gapHours / (c.gapHalfLifeHours ?? Infinity)) *
        0.5 ** (ageDays / (c.halfLifeDays ?? Infinity));
      weights[i]![j]! += weight;
      weights[j]![i]! += c.backward * weight;
    }
  }
  const read = [...new Set(history.toReversed())].slice(0, c.maxItems);
  const row = counts.map((count, j) =>
    read.reduce((sum, i, at) => sum + (c.fade ** at * weights[i]![j]!) / (count || 1) ** c.popularityPower, 0),
  );
  const most = Math.max(...row);
  const prior = counts.map((count) => Math.log(1 + count) / Math.log(1 + Math.max(...counts)));
  if (most === 0) return counts.map((count) => Math.log(1 + count));
  return Array.from({ length: size }, (_, j) => row[j]! / most + c.popularityWeight * prior[j]!);
}

describe("co-occurrence", () => {
  it("follows the hand calculation", async () => {
    // u: a b c, v: a c. From a: b at distance 1, c at distances 2 and 1. Counts a 2, b 1, c 2.
    const rows: Row[] = [
      [0, 0, 0],
      [0, 1, 1],
      [0, 2, 2],
      [1, 0, 0],
      [1, 2, 1],
    ];
    const model = await fitted(log(rows, 4), { distancePower: 1, popularityPower: 1, popularityWeight: 0 });
    expect(scoresOf(model, [0])).toEqual([0, 1, 0.75, 0]);
    expect(scoresOf(model, [1])).toEqual([0, 0, 1, 0]);
  });

  it.each([
    {},
    { window: 2, distancePower: 1, backward: 0.3 },
    { backward: 1, popularityPower: 0, fade: 1, maxItems: 2 },
    { gapHalfLifeHours: 5, halfLifeDays: 0.5, popularityWeight: 0.2 },
  ])("equals its definition, written slowly, with %j", async (config: Record<string, unknown>) => {
    const random = new Random("pairs");
    const rows = Array.from({ length: 60 }, (): Row => [random.integer(3), random.integer(9), random.integer(40)]);
    const train = log(rows, 10);
    const model = await fitted(train, config);
    for (let round = 0; round < 30; round++) {
      const history = Array.from({ length: random.integer(6) }, () => random.integer(10));
      const want = slowScores(train, history, settings(config));
      scoresOf(model, history).forEach((score, item) =>
        expect(score, `${history}: ${item}`).toBeCloseTo(want[item]!, 5),
      );
    }
  });

  it("keeps the pairs of largest weight", async () => {
    const rows: Row[] = [
      [0, 0, 0],
      [0, 1, 1],
      [1, 0, 0],
      [1, 1, 1],
      [2, 0, 0],
      [2, 2, 1],
    ];
    const scores = scoresOf(await fitted(log(rows, 3), { neighbours: 1, popularityWeight: 0 }), [0]);
    expect(scores).toEqual([0, 1, 0]);
  });

  it("adds likeness of texts on the scale of each question", async () => {
    const rows: Row[] = [
      [0, 0, 0],
      [0, 1, 1],
    ];
    const titles = ["red soap", "comb", "red soap", "lamp"];
    const scores = scoresOf(await fitted(log(rows, 4, { titles }), { contentWeight: 0.5, popularityWeight: 0 }), [0]);
    expect(scores[1]).toBeCloseTo(1, 6);
    expect(scores[2]).toBeCloseTo(0.5, 6);
    expect(scores[3]).toBe(0);
  });

  it("scores by texts alone where nothing followed, and gives popularity where there is no text either", async () => {
    const rows: Row[] = [
      [0, 0, 0],
      [1, 0, 0],
      [1, 1, 1],
    ];
    const titles = ["red", "blue", "green soap", "green comb", ""];
    const model = await fitted(log(rows, 5, { titles }), { contentWeight: 1 });
    expect(scoresOf(model, [2])[3]).toBeGreaterThan(scoresOf(model, [2])[0]!);
    const popular = scoresOf(model, [4]);
    expect(popular[0]).toBeGreaterThan(popular[1]!);
    expect(popular[1]).toBeGreaterThan(popular[2]!);
    expect(scoresOf(model, [])).toEqual(popular);
  });

  it("refuses to read texts of a catalogue that has none, and says what to do", async () => {
    const fit = fitted(log([[0, 0, 0]], 2), { contentWeight: 1 });
    await expect(fit).rejects.toMatchObject({ code: "bad-data" });
    await expect(fit).rejects.toThrow(/set contentWeight to 0/);
  });

  it("learns what follows what and who shares tastes, and nothing from noise", async () => {
    const planted = plantedSequences(new Random("co-occurrence"));
    expect(hitRate(await fitted(planted.train, { fade: 0.3, distancePower: 2 }), planted, 1)).toBeGreaterThan(0.8);
    const tastes = checkerboard();
    expect(hitRate(await fitted(tastes.train, { backward: 1, fade: 1, window: 20 }), tastes, 1, true)).toBe(1);
    const chance = noise(new Random("nothing goes with anything"));
    expect(hitRate(await fitted(chance.train), chance, 5)).toBeLessThan(0.31);
  });
});
