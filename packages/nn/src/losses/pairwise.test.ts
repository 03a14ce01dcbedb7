import { Random } from "@sequitur/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeSequitur, selectBackend } from "../backend/select-backend.js";
import { gradientError } from "../gradient-check.js";
import { normal } from "../initializers.js";
import { tf } from "../tensors.js";
import { bceLoss, bprLoss, gbceLoss, type PairScores } from "./pairwise.js";
import { squaredLoss } from "./squared.js";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const POSITIVE = [1.5, -0.5, 4];
const NEGATIVES = [
  [0.5, -1],
  [2, 0],
  [-3, 30],
];
const LOSSES: Record<string, { loss: (scores: PairScores) => tf.Scalar; ofRow: (p: number, n: number[]) => number }> = {
  bpr: {
    loss: bprLoss,
    ofRow: (p, n) => n.reduce((sum, s) => sum - Math.log(sigmoid(p - s)), 0) / n.length,
  },
  bce: {
    loss: bceLoss,
    ofRow: (p, n) => n.reduce((sum, s) => sum - Math.log(sigmoid(-s)), -Math.log(sigmoid(p))) / (1 + n.length),
  },
  gbce: {
    loss: (scores) => gbceLoss(scores, { population: 10, calibration: 0.75 }),
    // a = 2/10, beta = 0.2 (0.75 (1 - 5) + 5) = 0.4
    ofRow: (p, n) => n.reduce((sum, s) => sum - Math.log(sigmoid(-s)), -0.4 * Math.log(sigmoid(p))) / (1 + n.length),
  },
};

describe.each(["sequitur", "cpu"] as const)("losses on %s", (backend) => {
  beforeAll(() => selectBackend(backend));
  afterAll(closeSequitur);

  it.each(Object.entries(LOSSES))("%s is its formula, with padding left out", (_name, { loss, ofRow }) => {
    const rows = POSITIVE.map((p, i) => ofRow(p, NEGATIVES[i]));
    const [all, two, none] = [
      [1, 1, 1],
      [1, 0, 1],
      [0, 0, 0],
    ].map((valid) => {
      const value = tf.tidy(() =>
        loss({ positive: tf.tensor1d(POSITIVE), negatives: tf.tensor2d(NEGATIVES), valid: tf.tensor1d(valid) }),
      );
      return value.dataSync()[0];
    });
    const bare = tf.tidy(() => loss({ positive: tf.tensor1d(POSITIVE), negatives: tf.tensor2d(NEGATIVES) }));
    expect(all).toBeCloseTo((rows[0] + rows[1] + rows[2]) / 3, 4);
    expect(bare.dataSync()[0]).toBeCloseTo(all, 5);
    expect(two).toBeCloseTo((rows[0] + rows[2]) / 2, 4);
    expect(none).toBe(0);
  });

  it.each(Object.entries(LOSSES))("%s has the gradient of finite differences", (_name, { loss }) => {
    const draw = (shape: number[]): tf.Variable =>
      tf.tidy(() =>
        tf.variable(tf.tensor(normal(1)(8, shape, new Random("scores")).slice(0, shape[0] * (shape[1] ?? 1)), shape)),
      );
    const [positive, negatives] = [draw([4]), draw([4, 2])];
    const scores = { positive, negatives } as unknown as PairScores;
    expect(gradientError(() => loss(scores), [positive, negatives], new Random(1))).toBeLessThan(2e-3);
    tf.dispose([positive, negatives]);
  });

  it("gbce is bce without calibration, and squared is the mean of squares", () => {
    tf.tidy(() => {
      const scores = { positive: tf.tensor1d(POSITIVE), negatives: tf.tensor2d(NEGATIVES) };
      const plain = gbceLoss(scores, { population: 10, calibration: 0 }).dataSync()[0];
      expect(plain).toBeCloseTo(bceLoss(scores).dataSync()[0], 5);
      expect(squaredLoss(tf.tensor1d([1, 3]), tf.tensor1d([0, 1])).dataSync()[0]).toBeCloseTo(2.5, 6);
    });
    const broken = (): tf.Scalar =>
      gbceLoss({ positive: tf.tensor1d(POSITIVE), negatives: tf.tensor2d(NEGATIVES) }, { population: 0 });
    expect(broken).toThrow("positive population");
  });
});
