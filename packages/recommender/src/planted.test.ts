import { idTable, listOf, Random, type QueryBatch } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { checkerboard, hitRate, noise, plantedSequences, type PlantedData } from "./planted.js";
import type { Model } from "./recommender.js";

/** A model that gives 1 to the item that `next` names for a query, 0 to the others. */
function oracle(data: PlantedData, next: (batch: QueryBatch, query: number) => number): Model {
  const { catalog } = data.train;
  const score = (batch: QueryBatch): Float32Array => {
    const scores = new Float32Array(batch.size * catalog.items.size);
    for (let b = 0; b < batch.size; b++) scores[b * catalog.items.size + next(batch, b)] = 1;
    return scores;
  };
  return { name: "oracle", catalog, score, save: () => ({ model: "oracle", config: {}, catalog, tensors: new Map() }) };
}

describe("checkerboard", () => {
  it("shows each user all items of its colour but the diagonal one", () => {
    const { train, queries, answers } = checkerboard();
    expect(train.size).toBe(180);
    for (let user = 0; user < 20; user++) {
      const items = Array.from(listOf(queries, user));
      expect(items).toEqual(Array.from(train.items.subarray(train.userOffsets[user], train.userOffsets[user + 1])));
      expect(items).toEqual(Array.from({ length: 20 }, (_, i) => i).filter((i) => i !== user && (i - user) % 2 === 0));
      expect(answers[user]).toBe(user);
      expect(queries.now[user]).toBeGreaterThan(queries.times[queries.offsets[user + 1]! - 1]!);
    }
  });
});

describe("plantedSequences and noise", () => {
  it("follow one cycle 9 times in 10", () => {
    const data = plantedSequences(new Random(1));
    const followers = new Map<number, Map<number, number>>();
    data.train.items.forEach((item, row) => {
      if (row % 12 === 0) return;
      const previous = data.train.items[row - 1]!;
      const counts = followers.get(previous) ?? new Map<number, number>();
      counts.set(item, (counts.get(item) ?? 0) + 1);
      followers.set(previous, counts);
    });
    const next = (item: number): number => [...followers.get(item)!].sort((a, b) => b[1] - a[1])[0]![0];
    expect(new Set([...followers.keys()].map(next)).size).toBe(20);
    const rate = hitRate(
      oracle(data, (batch, b) => next(batch.items[batch.offsets[b + 1]! - 1]!)),
      data,
      1,
    );
    expect(rate).toBeGreaterThan(0.84);
    expect(rate).toBeLessThan(0.97);
  });

  it("are equal for equal seeds and different for others", () => {
    expect(noise(new Random(1)).train.items).toEqual(noise(new Random(1)).train.items);
    expect(noise(new Random(1)).train.items).not.toEqual(noise(new Random(2)).train.items);
  });
});

describe("hitRate", () => {
  it("counts the answers within the first k, and can bar the history", () => {
    const data = checkerboard();
    expect(
      hitRate(
        oracle(data, (_, b) => b),
        data,
        1,
      ),
    ).toBe(1);
    expect(
      hitRate(
        oracle(data, (_, b) => (b + 2) % 20),
        data,
        1,
      ),
    ).toBe(0);
    // Each first place goes to an item of the history. Barred, ties go to the lowest item not met, which is the
    // answer for user 0 only.
    const met = oracle(data, (_, b) => (b + 2) % 20);
    expect(hitRate(met, data, 1, true)).toBe(1 / 20);
    expect(hitRate({ ...met, catalog: { ...met.catalog, users: idTable([]) } }, data, 20)).toBe(1);
  });
});
