import { idTable, interactionsFrom, itemCounts, Random } from "@sequitur/core";
import { closeSequitur, selectBackend, tf } from "@sequitur/nn";
import { recommend } from "@sequitur/recommender";
import { hitRate, plantedSequences } from "@sequitur/recommender/conforms";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fitted } from "../fitted.fixture.js";
import { bprMaxLoss } from "./bpr-max.js";
import { negativeSampler } from "./negative-sampler.js";
import { LOSS_NAMES, objectiveOf } from "./objectives.js";

describe("objectives", () => {
  beforeAll(() => selectBackend("sequitur", { threads: 1 }));
  afterAll(closeSequitur);
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  const dot = (x: readonly number[], y: readonly number[]): number => x[0]! * y[0]! + x[1]! * y[1]!;
  const table = [
    [1, 0.5],
    [-0.3, 2],
    [0.7, -1],
    [0.1, 0.2],
  ];
  const states = [
    [0.4, 1],
    [-1, 0.6],
    [2, 1],
  ];
  const targets = [1, -1, 0];
  const negatives = [0, 2, 2];
  const sampler = negativeSampler(Int32Array.of(4, 1, 9, 1), 3, 0.5);

  /** The mean of a loss of (target score, scores of negatives that are not the target) over real rows. */
  function mean(ofRow: (positive: number, others: number[], target: number, kept: number[]) => number): number {
    const rows = [0, 2].map((row) => {
      const target = targets[row]!;
      const kept = negatives.filter((item) => item !== target);
      const score = (item: number): number => dot(states[row]!, table[item]!);
      return ofRow(score(target), kept.map(score), target, kept);
    });
    return (rows[0]! + rows[1]!) / 2;
  }

  const expected: Record<string, number> = {
    softmax: mean((p, _others, target) => {
      const row = states[targets.indexOf(target)]!;
      return Math.log(table.reduce((sum, item) => sum + Math.exp(dot(row, item)), 0)) - p;
    }),
    "sampled-softmax": mean((p, others, target, kept) => {
      const q = (item: number): number => sampler.logExpected[item]!;
      const corrected = others.map((score, i) => Math.exp(score - q(kept[i]!)));
      const own = p - q(target);
      return Math.log(Math.exp(own) + corrected.reduce((sum, value) => sum + value, 0)) - own;
    }),
    bce: mean((p, others) => others.reduce((sum, s) => sum - Math.log(sigmoid(-s)), -Math.log(sigmoid(p))) / 4),
    // a = 3/4, beta = a (0.5 (1 - 1/a) + 1/a) = 0.875
    gbce: mean(
      (p, others) => others.reduce((sum, s) => sum - Math.log(sigmoid(-s)), -0.875 * Math.log(sigmoid(p))) / 4,
    ),
    "bpr-max": mean((p, others) => {
      const total = others.reduce((sum, s) => sum + Math.exp(s), 0);
      const wins = others.reduce((sum, s) => sum + (Math.exp(s) / total) * sigmoid(p - s), 0);
      return others.reduce((sum, s) => sum + 0.2 * (Math.exp(s) / total) * s * s, -Math.log(wins));
    }),
  };

  it.each(LOSS_NAMES)("%s is its formula; padding and a negative that is the target count nothing", (loss) => {
    const objective = objectiveOf(loss, { calibration: 0.5, scorePenalty: 0.2, sampler });
    const value = tf.tidy(() => {
      const predictions = {
        states: tf.tensor2d(states),
        targets: Int32Array.from(targets),
        negatives: Int32Array.from(negatives),
      };
      return objective(predictions, { table: tf.tensor2d(table) }).dataSync()[0];
    });
    expect(value).toBeCloseTo(expected[loss]!, 4);
  });

  it("bpr-max stays finite when a target is hopeless, and is 0 without rows", () => {
    tf.tidy(() => {
      const scores = { positive: tf.tensor1d([-500]), negatives: tf.tensor2d([[500, 400]]) };
      expect(Number.isFinite(bprMaxLoss(scores, 1).dataSync()[0])).toBe(true);
      expect(bprMaxLoss({ ...scores, valid: tf.tensor1d([0]) }, 1).dataSync()[0]).toBe(0);
    });
  });
});

describe("each sampled loss", () => {
  const planted = plantedSequences(new Random("losses"));

  it.each(LOSS_NAMES.slice(1))("%s learns a planted pattern", async (loss) => {
    const model = await fitted("gru4rec", planted.train, { loss, negatives: 12, epochs: 30 });
    expect(hitRate(model, planted, 1)).toBeGreaterThan(0.8);
  });
});

describe("a large catalogue", () => {
  const size = { users: 60, items: 20, length: 12 };
  const planted = plantedSequences(new Random("large"), size);
  const { users, items, times, catalog } = planted.train;
  const names = Array.from({ length: 20_000 }, (_, item) => `item-${item}`);
  const train = interactionsFrom({ ...catalog, items: idTable(names) }, { users, items, times });

  it.each(["sampled-softmax", "bpr-max"])(
    "learns by the rows that %s read, and never recommends the rest",
    async (loss) => {
      const model = await fitted("gru4rec", train, { loss, negatives: 12, epochs: 20, weightDecay: 0 });
      const ranking = recommend(model, planted.queries, { k: 30 });
      expect(ranking.items.every((item) => item < 20)).toBe(true);
      expect(hitRate(model, planted, 1)).toBeGreaterThan(0.6);
    },
  );
});

describe("negativeSampler", () => {
  it("draws in proportion to the power of the counts, and expects what it draws", () => {
    const counts = Int32Array.of(16, 0, 1, 4);
    const sampler = negativeSampler(counts, 7000, 0.5);
    const drawn = new Int32Array(4);
    for (const item of sampler.draw(new Random(3))) drawn[item]! += 1;
    expect(sampler.population).toBe(3);
    [4000, 0, 1000, 2000].forEach((count, item) => {
      expect(Math.abs(drawn[item]! - count)).toBeLessThan(150);
      expect(sampler.logExpected[item]).toBeCloseTo(count === 0 ? 0 : Math.log(count), 5);
    });
  });

  it("refuses a catalogue without a trained item", () => {
    const { train } = plantedSequences(new Random(1), { users: 1, items: 3, length: 2 });
    expect(() => negativeSampler(itemCounts(train).fill(0), 4, 1)).toThrow(/at least one trained item/);
  });
});
