import { parseConfig, PlatformError, queryBatch, Random, type Interactions, type Progress } from "@sequitur/core";
import type { FitRun, Model } from "@sequitur/recommender";
import { checkerboard, conforms, hitRate, noise } from "@sequitur/recommender/conforms";
import { describe, expect, it } from "vitest";
import { ease, easeConfig } from "./ease.js";
import { invertSpd } from "./spd-inverse.js";

conforms(ease);

async function fitted(
  train: Interactions,
  config: Record<string, unknown> = {},
  run: Partial<FitRun> = {},
): Promise<Model> {
  return ease.fit(train, parseConfig(easeConfig, config, "test"), { random: new Random(1), ...run });
}

/** Inverse by Gauss-Jordan with pivoting, written apart from the one under test. */
function slowInverse(matrix: number[][]): number[][] {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k; i < n; i++) if (Math.abs(rows[i]![k]!) > Math.abs(rows[best]![k]!)) best = i;
    [rows[k], rows[best]] = [rows[best]!, rows[k]!];
    const pivot = rows[k]![k]!;
    rows[k] = rows[k]!.map((value) => value / pivot);
    for (let i = 0; i < n; i++) {
      const factor = rows[i]![k]!;
      if (i !== k) rows[i] = rows[i]!.map((value, j) => value - factor * rows[k]![j]!);
    }
  }
  return rows.map((row) => row.slice(n));
}

/** X^T X + lambda I, from sets. */
function gramMatrix(train: Interactions, lambda: number): number[][] {
  const users = Array.from({ length: train.catalog.items.size }, () => new Set<number>());
  for (let row = 0; row < train.size; row++) users[train.items[row]!]!.add(train.users[row]!);
  const both = (i: number, j: number): number => [...users[i]!].filter((user) => users[j]!.has(user)).length;
  return users.map((_, i) => users.map((__, j) => both(i, j) + (i === j ? lambda : 0)));
}

/** (N, N) weights by the paper's formula on the dense binary matrix. */
function slowWeights(train: Interactions, lambda: number): number[][] {
  const inverse = slowInverse(gramMatrix(train, lambda));
  return inverse.map((row, i) => row.map((value, j) => (i === j ? 0 : -value / inverse[j]![j]!)));
}

describe("ease", () => {
  const random = noise(new Random("ease"), { users: 40, items: 41, length: 9 });

  it.each([0.5, 10, 250])("equals the closed form, written slowly, at lambda %d", async (lambda) => {
    const model = await fitted(random.train, { lambda });
    const slow = slowWeights(random.train, lambda);
    for (let item = 0; item < slow.length; item++) {
      const row = model.score(queryBatch([{ items: [item] }]));
      slow[item]!.forEach((weight, other) => expect(row[other], `B ${item} ${other}`).toBeCloseTo(weight, 6));
    }
  });

  it.each([
    ["on the engine", 20],
    ["in float64, being ill-conditioned", 0.001],
  ])("equals the closed form for more items, %s", async (_, lambda) => {
    const { train } = noise(new Random("ease"), { users: 300, items: 420, length: 12 });
    const model = await fitted(train, { lambda });
    const size = 420;
    const inverse = Float64Array.from(gramMatrix(train, lambda).flat());
    await invertSpd(inverse, size);
    const batch = queryBatch(Array.from({ length: size }, (__, item) => ({ items: [item] })));
    const scores = model.score(batch);
    let worst = 0;
    const trained = new Set(train.items);
    for (const i of trained) {
      for (let j = 0; j < size; j++) {
        const weight = i === j ? 0 : -inverse[i * size + j]! / inverse[j * size + j]!;
        worst = Math.max(worst, Math.abs(scores[i * size + j]! - weight));
      }
    }
    expect(trained.size).toBeGreaterThan(400);
    expect(worst).toBeLessThan(1e-6);
  });

  it("sums over the distinct items of the history, however many", async () => {
    const model = await fitted(random.train);
    const score = (items: number[]): Float32Array => model.score(queryBatch([{ items }]));
    const items = [1, 5, 9, 13, 17, 21, 25];
    const sums = score([...items, 1, 5]);
    for (let j = 0; j < sums.length; j++) {
      expect(sums[j]).toBeCloseTo(
        items.reduce((sum, item) => sum + score([item])[j]!, 0),
        5,
      );
    }
  });

  it("refuses a catalogue above maxItems, with the memory it would take", async () => {
    const refused = fitted(random.train, { maxItems: 40 });
    await expect(refused).rejects.toThrow(/at most maxItems = 40 items, got 41; .* GB/);
    await expect(refused).rejects.toBeInstanceOf(PlatformError);
  });

  it("can be cancelled in the middle and reports on the way", async () => {
    const controller = new AbortController();
    const large = noise(new Random("cancel"), { users: 50, items: 200, length: 10 });
    const seen: Progress[] = [];
    const report = (progress: Progress): void => {
      seen.push(progress);
      controller.abort();
    };
    await expect(fitted(large.train, {}, { report, signal: controller.signal })).rejects.toMatchObject({
      code: "cancelled",
    });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ task: "fit ease", done: 1, unit: "blocks" });
  });

  it("finds the withheld diagonal for every user, and nothing in noise", async () => {
    const planted = checkerboard();
    expect(hitRate(await fitted(planted.train, { lambda: 1 }), planted, 1, true)).toBe(1);
    const chance = noise(new Random("ease"));
    expect(hitRate(await fitted(chance.train), chance, 1)).toBeLessThan(0.1);
  });
});
