import { Random } from "@sequitur/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeSequitur, selectBackend } from "../backend/select-backend.js";
import { normal } from "../initializers.js";
import { Parameters } from "../parameters.js";
import { tf } from "../tensors.js";
import { disposeGradients, GradientSum } from "../training/gradients.js";
import { sumRows } from "./embedding.js";
import { sampledBce, sampledBpr, sampledGbce, sampledSoftmax, scoreRows, type SampledTargets } from "./sampled.js";

type Matrix = tf.Tensor2D;
type Loss = (x: Matrix, table: Matrix, sampled: SampledTargets) => tf.Scalar;

const [ROWS, WIDTH] = [11, 4];
const LOSSES: Record<string, Loss> = {
  softmax: (x, table, sampled) => sampledSoftmax(x, table, sampled),
  "softmax with log Q": (x, table, sampled) =>
    sampledSoftmax(x, table, sampled, { logQ: tf.tensor1d(normal(1)(ROWS, [ROWS], new Random("q"))) }),
  bpr: sampledBpr,
  bce: sampledBce,
  gbce: (x, table, sampled) => sampledGbce(x, table, sampled, { population: 10 }),
  scores: (x, table, { targets }) => tf.sum(scoreRows(x, table, tf.expandDims(targets, 1))),
};

/** The loss and the gradients of states and table, the table's made whole. */
function outcome(loss: Loss, sparse: boolean, shared: boolean): number[][] {
  const parameters = new Parameters(new Random("sampled"));
  const x = parameters.create("x", [3, WIDTH], normal(1)) as tf.Tensor as Matrix;
  const table = parameters.create("table", [ROWS, WIDTH], normal(1), { sparse }) as tf.Tensor as Matrix;
  const sum = new GradientSum(parameters);
  const value = sum.add(() =>
    loss(x, table, {
      targets: tf.tensor1d([4, -1, 9], "int32"),
      negatives: shared ? tf.tensor1d([1, 4, 9, 1, -1], "int32") : tf.tensor2d([1, 4, 2, 2, 9, -1], [3, 2], "int32"),
    }),
  );
  const gradients = sum.finish();
  const merged = gradients.rows.get("table");
  expect(merged !== undefined).toBe(sparse);
  const whole = merged ? sumRows(merged.values, merged.rows, ROWS) : gradients.dense.get("table")!.clone();
  const result = [[value], [...gradients.dense.get("x")!.dataSync()], [...whole.dataSync()]];
  whole.dispose();
  disposeGradients(gradients);
  parameters.dispose();
  return result;
}

describe.each(["sequitur", "cpu"] as const)("sampled losses on %s", (backend) => {
  beforeAll(() => selectBackend(backend));
  afterAll(closeSequitur);

  it.each(Object.entries(LOSSES))("%s has the same gradient on a sparse table as on a dense one", (_name, loss) => {
    for (const shared of [true, false]) {
      const dense = outcome(loss, false, shared);
      outcome(loss, true, shared).forEach((values, i) =>
        values.forEach((value, j) => expect(value).toBeCloseTo(dense[i][j], 6)),
      );
      // Rows that nothing named have no gradient.
      expect(dense[2].slice(5 * WIDTH, 9 * WIDTH).every((slope) => slope === 0)).toBe(true);
    }
  });

  it("sampled softmax over all other rows is the softmax over all rows", () => {
    tf.tidy(() => {
      const x = tf.tensor2d(normal(1)(8, [2, WIDTH], new Random(1)), [2, WIDTH]);
      const table = tf.tensor2d(normal(1)(12, [3, WIDTH], new Random(2)), [3, WIDTH]);
      const targets = tf.tensor1d([2, 0], "int32");
      const negatives = tf.tensor1d([0, 1, 2], "int32");
      const logits = tf.matMul(x, table, false, true).arraySync() as number[][];
      const exact = logits.map((row, m) => {
        const total = row.reduce((sum, score) => sum + Math.exp(score), 0);
        return Math.log(total) - row[[2, 0][m]];
      });
      const [loss] = sampledSoftmax(x, table, { targets, negatives }).dataSync();
      expect(loss).toBeCloseTo((exact[0] + exact[1]) / 2, 5);
    });
  });

  it("refuses shapes that do not fit", () => {
    tf.tidy(() => {
      const [x, table] = [tf.ones([2, 4]) as Matrix, tf.ones([3, 5]) as Matrix];
      const sampled = { targets: tf.tensor1d([0, 1], "int32"), negatives: tf.tensor1d([2], "int32") };
      expect(() => sampledBpr(x, table, sampled)).toThrow("table must have shape [-1,4], got [3,5].");
      const wrong = { ...sampled, targets: tf.tensor1d([0, 1]) };
      expect(() => sampledBpr(x, tf.ones([3, 4]), wrong)).toThrow("targets must be int32, got float32.");
    });
  });
});
