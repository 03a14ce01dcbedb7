import { Random } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { bpo } from "../bpo/bpo.js";
import { bpr } from "../bpr/bpr.js";
import { nbpo } from "../nbpo/nbpo.js";
import { fitted, interactionsOf, plantedClasses } from "../planted.fixture.js";

const paper = { compat: "paper", bias: false, hardest: 1, factors: 4 } as const;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

describe("compat paper", () => {
  // One user with one of two items: every draw is the other, so that an epoch can be worked out by hand.
  const train = interactionsOf([[0, 0]], 1, 2);

  it("sums the gradients of a batch at its start, then takes L2 off all rows, at a rate that has fallen once", async () => {
    const config = {
      ...paper,
      epochs: 1,
      negatives: 3,
      learningRate: 0.2,
      learningRateDecay: 0.5,
      userDecay: 0.4,
      itemDecay: 0.3,
    };
    const start = (await fitted(bpo, train, { ...config, epochs: 1, learningRate: 1e-30 })).tables;
    const { tables } = await fitted(bpo, train, config);
    const [u, a, b] = [start.users, start.items.subarray(0, 4), start.items.subarray(4)];
    const dot = (x: Float32Array, y: Float32Array): number => x.reduce((sum, value, k) => sum + value * y[k]!, 0);
    const [high, low] = [3 * (1 - sigmoid(dot(u, a))), -3 * sigmoid(dot(u, b))];
    for (let k = 0; k < 4; k++) {
      expect(tables.users[k]).toBeCloseTo(u[k]! + 0.1 * (high * a[k]! + low * b[k]! - 0.4 * u[k]!), 6);
      expect(tables.items[k]).toBeCloseTo(a[k]! + 0.1 * (high * u[k]! - 0.3 * a[k]!), 6);
      expect(tables.items[4 + k]).toBeCloseTo(b[k]! + 0.1 * (low * u[k]! - 0.3 * b[k]!), 6);
    }
  });

  it.each([
    ["bpr", bpr, { learningRate: 0.05, userDecay: 0.1, itemDecay: 0.1 }],
    ["bpo", bpo, { learningRate: 0.05, userDecay: 0.1, itemDecay: 0.1 }],
    ["nbpo", nbpo, { learningRate: 0.05, flipLearningRate: 0.05, userDecay: 0.1, itemDecay: 0.1, flipDecay: 1 }],
  ] as const)(
    "%s learns planted classes and resists none of the checks of the fast path",
    async (_, recommender, config) => {
      const { train, hidden, likes } = plantedClasses({ users: 30, items: 30, classes: 3 }, 0.2, new Random("paper"));
      const model = await fitted(recommender, train, {
        ...paper,
        ...config,
        epochs: 40,
        learningRateDecay: 0.99,
      });
      const scores = model.score({ ...batchOfAll(30) });
      let right = 0;
      let all = 0;
      for (const [user, item] of hidden) {
        for (let other = 0; other < 30; other++) {
          if (likes(user, other)) continue;
          all++;
          if (scores[user * 30 + item]! > scores[user * 30 + other]!) right++;
        }
      }
      expect(right / all).toBeGreaterThan(0.9);
    },
  );

  it("refuses what has no meaning in the authors' batches", async () => {
    await expect(fitted(bpr, train, { ...paper, hardest: 4 })).rejects.toThrow(/compat "paper" needs/);
    await expect(fitted(bpo, train, { ...paper, sampler: "popularity" })).rejects.toThrow(/compat "paper" needs/);
    await expect(fitted(nbpo, train, { ...paper, bias: true })).rejects.toThrow(/compat "paper" needs/);
    await expect(fitted(bpo, train, { ...paper, userBias: true })).rejects.toThrow(/compat "paper" needs/);
  });
});

function batchOfAll(users: number) {
  return {
    size: users,
    users: Int32Array.from({ length: users }, (_, user) => user),
    offsets: new Int32Array(users + 1),
    items: new Int32Array(0),
    times: new Float64Array(0),
    sessionStarts: new Int32Array(users),
    now: new Float64Array(users),
  };
}
