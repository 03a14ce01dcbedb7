import { parseConfig, queryBatch, Random, type Interactions } from "@sequitur/core";
import type { Model } from "@sequitur/recommender";
import { checkerboard, conforms, hitRate, noise } from "@sequitur/recommender/conforms";
import { describe, expect, it } from "vitest";
import { itemKnn, itemKnnConfig } from "./item-knn.js";

conforms(itemKnn);
conforms(itemKnn, { config: { weighting: "bm25", neighbours: 3 } });

async function fitted(train: Interactions, config: Record<string, unknown> = {}): Promise<Model> {
  return itemKnn.fit(train, parseConfig(itemKnnConfig, config, "test"), { random: new Random(1) });
}

/** (N, N) similarities by the definition, dense and slow; w[i][j] is kept when i is among the k nearest of j. */
function slowSimilarities(vectors: number[][], k: number, shrink: number, cosine: boolean): number[][] {
  const dot = (x: number[], y: number[]): number => x.reduce((sum, value, at) => sum + value * y[at]!, 0);
  const norm = (x: number[]): number => Math.sqrt(dot(x, x));
  const weight = (i: number, j: number): number =>
    dot(vectors[i]!, vectors[j]!) / (cosine ? norm(vectors[i]!) * norm(vectors[j]!) + shrink : 1);
  return vectors.map((_, i) =>
    vectors.map((__, j) => {
      if (i === j || dot(vectors[i]!, vectors[j]!) === 0) return 0;
      const ahead = vectors.filter((___, other) => {
        if (other === i || other === j) return false;
        const difference = weight(other, j) - weight(i, j);
        return difference > 0 || (difference === 0 && other < i);
      });
      return ahead.length < k ? weight(i, j) : 0;
    }),
  );
}

/** (N, U) how often each user had each item. */
function countVectors(train: Interactions): number[][] {
  const vectors = Array.from({ length: train.catalog.items.size }, () =>
    Array<number>(train.catalog.users.size).fill(0),
  );
  for (let row = 0; row < train.size; row++) vectors[train.items[row]!]![train.users[row]!]! += 1;
  return vectors;
}

/** The weighting of the config, from its formulas. */
function weighted(counts: number[][], config: Record<string, unknown>): number[][] {
  const values = counts.map((row) => row.map((count) => (config["values"] === "counts" ? count : Math.min(1, count))));
  if (config["weighting"] === undefined) return values;
  const sums = values.map((row) => row.reduce((sum, value) => sum + value, 0));
  const mean = sums.reduce((sum, value) => sum + value, 0) / sums.length;
  return values.map((row, item) =>
    row.map((value, user) => {
      const own = values.filter((other) => other[user]! > 0).length;
      const ofImplicit = Math.log(values.length) - Math.log1p(own);
      const idf = config["idf"] === "implicit" ? ofImplicit : Math.log(1 + values.length / own);
      const saturated = (value * 2.2) / (value + 1.2 * (0.25 + (0.75 * sums[item]!) / mean));
      return value === 0 ? 0 : idf * (config["weighting"] === "bm25" ? saturated : Math.sqrt(value));
    }),
  );
}

describe("item-knn", () => {
  const random = noise(new Random("similarities"), { users: 12, items: 15, length: 6 });

  it.each([
    {},
    { shrink: 2.5 },
    { neighbours: 3 },
    { values: "counts", neighbours: 4 },
    { weighting: "tf-idf", values: "counts" },
    { weighting: "bm25", values: "counts", neighbours: 5 },
    { weighting: "tf-idf", idf: "implicit", values: "counts" },
    { weighting: "bm25", idf: "implicit", values: "counts", neighbours: 5 },
  ])("equals its definition, written slowly, with %j", async (config: Record<string, unknown>) => {
    const model = await fitted(random.train, config);
    const { neighbours = 100, shrink = 0 } = config as { neighbours?: number; shrink?: number };
    const vectors = weighted(countVectors(random.train), config);
    const slow = slowSimilarities(vectors, neighbours, shrink, config["weighting"] !== "bm25");
    for (let item = 0; item < vectors.length; item++) {
      const row = model.score(queryBatch([{ items: [item] }]));
      slow[item]!.forEach((weight, other) => expect(row[other], `w ${item} ${other}`).toBeCloseTo(weight, 5));
    }
  });

  it("sums over the distinct items of the history", async () => {
    const model = await fitted(random.train);
    const score = (items: number[]): number[] => Array.from(model.score(queryBatch([{ items }])));
    const [one, two] = [score([3]), score([8])];
    score([3, 8, 3, 3]).forEach((sum, item) => expect(sum).toBeCloseTo(one[item]! + two[item]!, 6));
  });

  it("gives popularity when no item of the history was trained", async () => {
    const { train } = checkerboard();
    const model = await fitted(train);
    expect(Array.from(model.score(queryBatch([{ items: [] }])))).toEqual(Array(20).fill(Math.fround(9 / 180)));
  });

  it("finds the withheld diagonal for every user, and nothing in noise", async () => {
    const planted = checkerboard();
    for (const config of [{}, { weighting: "tf-idf" }, { weighting: "bm25" }]) {
      expect(hitRate(await fitted(planted.train, config), planted, 1, true)).toBe(1);
    }
    const chance = noise(new Random("item-knn"));
    expect(hitRate(await fitted(chance.train), chance, 1)).toBeLessThan(0.1);
  });
});
