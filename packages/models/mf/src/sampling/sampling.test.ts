import { itemCounts, Random } from "@sequitur/core";
import { factoriseStatsLength, startEngine } from "@sequitur/kernels";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bpr } from "../bpr/bpr.js";
import { fitted, interactionsOf, plantedClasses } from "../planted.fixture.js";
import { aliasTable } from "./alias-table.js";
import { inBatchSampler, popularitySampler, uniformSampler } from "./negative-sampler.js";
import { sampledRows } from "./positive-rows.js";

/** P(place) that a table draws with: its own share kept, and what others pass on. */
function probabilities({ keep, other }: { keep: Float32Array; other: Int32Array }): number[] {
  const sums = Array.from(keep, (share) => share / keep.length);
  keep.forEach((share, place) => (sums[other[place]!]! += (1 - share) / keep.length));
  return sums;
}

describe("aliasTable", () => {
  it("draws in proportion to the weights", () => {
    const weights = fc.array(fc.double({ min: 0, max: 1000, noNaN: true }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(weights, (values) => {
        const total = values.reduce((sum, value) => sum + value, 0);
        fc.pre(total > 1e-6);
        probabilities(aliasTable(values)).forEach((share, place) =>
          expect(share).toBeCloseTo(values[place]! / total, 5),
        );
      }),
    );
  });

  it.each([[[]], [[0, 0]], [[1, -1]], [[1, Number.NaN]]])("refuses %j", (weights) => {
    expect(() => aliasTable(weights)).toThrow(expect.objectContaining({ code: "bad-config" }));
  });
});

describe("samplers", () => {
  const counts = [7, 0, 3];

  it("are uniform, by popularity, or the items of other interactions with log Q", () => {
    expect(uniformSampler.table).toBeUndefined();
    expect(probabilities(popularitySampler(counts, 0.5).table!)).toEqual(
      [8, 1, 4].map((count) => expect.closeTo(Math.sqrt(count) / (Math.sqrt(8) + 1 + 2), 6) as number),
    );
    const { table, logQ } = inBatchSampler(counts);
    expect(probabilities(table!)).toEqual([0.7, 0, 0.3].map((share) => expect.closeTo(share, 6) as number));
    expect(Array.from(logQ!)).toEqual([0.7, 0.1, 0.3].map((share) => expect.closeTo(Math.log(share), 6) as number));
  });
});

describe("draws", () => {
  const { train } = plantedClasses({ users: 8, items: 12, classes: 2 }, 0, new Random("draws"));
  const negatives = 3;
  const samples = 500;

  /** Items that moved, when only unvoted items can: the users' vectors are 0 in the part that items are moved along. */
  function run(seed: number): { updates: number; items: Float32Array; users: Float32Array } {
    const engine = startEngine({ threads: 1 });
    const { memory, kernels } = engine;
    const held = sampledRows(engine, train);
    const users = memory.floatsFrom(Float32Array.from({ length: 8 * 4 }, (_, at) => (at % 4 === 0 ? 1 : 0)));
    const items = memory.floatsFrom(new Float32Array(12 * 4));
    const totals = kernels.factorise(
      memory.floats(factoriseStatsLength(samples)),
      { width: 4, users, items },
      held.rows,
      {
        objective: "bpo",
        samples,
        negatives,
        candidates: 1,
        seed,
        learningRate: 0.01,
        userDecay: 0,
        itemDecay: 0,
        biasDecay: 0,
      },
    );
    return { updates: totals.updates, items: items.array.slice(), users: users.array.slice() };
  }

  it("are rho unvoted items an interaction, the same ones for the same seed", () => {
    expect(run(3).updates).toBe(samples * negatives);
    expect(run(3)).toEqual(run(3));
    expect(run(3).items).not.toEqual(run(4).items);
  });

  it("never are items that the user has: on one user's own data only the others sink", () => {
    const own = [0, 3, 4];
    const alone = interactionsOf(
      own.map((item) => [0, item]),
      1,
      6,
    );
    const engine = startEngine({ threads: 1 });
    const { memory, kernels } = engine;
    const held = sampledRows(engine, alone);
    const users = memory.floatsFrom([1, 0, 0, 0]);
    const items = memory.floatsFrom(new Float32Array(24));
    const stats = memory.floats(factoriseStatsLength(400));
    kernels.factorise(stats, { width: 4, users, items }, held.rows, {
      objective: "bpr",
      samples: 400,
      negatives: 1,
      candidates: 1,
      seed: 1,
      learningRate: 0.01,
      userDecay: 0,
      itemDecay: 0,
      biasDecay: 0,
    });
    const risen = [0, 1, 2, 3, 4, 5].filter((item) => items.array[item * 4]! > 0);
    const sunk = [0, 1, 2, 3, 4, 5].filter((item) => items.array[item * 4]! < 0);
    expect(risen).toEqual(own);
    expect(sunk).toEqual([1, 2, 5]);
    held.release();
  });
});

/** Slope of y over x by least squares. */
function slope(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  let [xy, xx] = [0, 0];
  x.forEach((value, at) => {
    xy += (value - mx) * (y[at]! - my);
    xx += (value - mx) ** 2;
  });
  return xy / xx;
}

describe("in-batch negatives", () => {
  // Everybody draws items by the same popularities: all there is to learn is how popular each item is.
  const random = new Random("popularity");
  const table = Array.from({ length: 40 }, (_, item) => 1 / (item + 4));
  const total = table.reduce((sum, weight) => sum + weight, 0);
  const draw = (): number => {
    let left = random.uniform() * total;
    return table.findIndex((weight) => (left -= weight) < 0);
  };
  const pairs = Array.from({ length: 8000 }, (_, row): [number, number] => [row % 2000, Math.max(0, draw())]);
  const train = interactionsOf(pairs, 2000, 40);
  const logCounts = Array.from(itemCounts(train), (count) => Math.log(count));

  /** How the learned item biases grow with the logarithm of popularity. */
  async function biasSlope(config: Record<string, unknown>): Promise<number> {
    const fixed = { bias: true, biasDecay: 0, userDecay: 5, itemDecay: 5, hardest: 1, learningRate: 0.1, epochs: 80 };
    const model = await fitted(bpr, train, { factors: 4, learningRateDecay: 0.95, ...fixed, ...config });
    return slope(logCounts, Array.from(model.tables.bias!));
  }

  it("teach scores that are as popular as the items are, since log Q is taken off: without that, none", async () => {
    expect(Math.abs((await biasSlope({ sampler: "in-batch" })) - 1)).toBeLessThan(0.15);
    expect(Math.abs((await biasSlope({ sampler: "uniform" })) - 1)).toBeLessThan(0.15);
    expect(Math.abs(await biasSlope({ sampler: "popularity", samplerPower: 1 }))).toBeLessThan(0.3);
  });
});
