import { Random } from "@sequitur/core";
import { afterAll, describe, expect, it } from "vitest";
import { closeSequitur, selectBackend, type BackendName } from "../backend/select-backend.js";
import { normal } from "../initializers.js";
import { embedding } from "../ops/embedding.js";
import { Parameters } from "../parameters.js";
import { tf } from "../tensors.js";
import { disposeGradients, gradientNorm, GradientSum } from "../training/gradients.js";
import { adagrad } from "./adagrad.js";
import { adam, adamW } from "./adam.js";
import { Optimiser } from "./optimiser.js";
import { sgd } from "./sgd.js";
import { type UpdateRule } from "./update-rule.js";

const RULES: Record<string, () => UpdateRule> = {
  adam: () => adam({ beta1: 0.8 }),
  adamW: () => adamW(),
  adagrad: () => adagrad({ start: 0.1 }),
  sgd: () => sgd(),
  "sgd with momentum": () => sgd({ momentum: 0.9 }),
};

/** A table of which few rows are read, a matrix and a bias, after some steps on changing batches. */
async function trained(
  backend: BackendName,
  rule: () => UpdateRule,
  options: { readonly sparse: boolean; readonly scale?: number; readonly decay?: number; readonly every?: boolean },
): Promise<Map<string, Float32Array>> {
  await selectBackend(backend);
  const random = new Random("optimiser");
  const parameters = new Parameters(random.fork("weights"));
  const table = parameters.create("table", [9, 5], normal(1), { sparse: options.sparse }) as tf.Tensor as tf.Tensor2D;
  const matrix = parameters.create("matrix", [5, 3], normal(1)) as tf.Tensor as tf.Tensor2D;
  const bias = parameters.create("bias", [3], normal(1));
  const optimiser = new Optimiser(rule(), { decay: options.decay ?? 0 });
  const sum = new GradientSum(parameters);
  for (let step = 0; step < 4; step++) {
    const rows = options.every === true ? [0, 1, 2, 3, 4, 5, 6, 7, 8, 3] : [step, 3, -1, 3, 2 * step];
    sum.add(() => tf.mean(tf.square(tf.add(tf.matMul(embedding(table, tf.tensor1d(rows, "int32")), matrix), bias))));
    const gradients = sum.finish();
    optimiser.step(parameters.all(), gradients, 0.05, options.scale ?? 1);
    disposeGradients(gradients);
  }
  const values = new Map([...parameters.snapshot()].map(([name, { data }]) => [name, data as Float32Array]));
  optimiser.dispose();
  parameters.dispose();
  return values;
}

function expectClose(a: Map<string, Float32Array>, b: Map<string, Float32Array>): void {
  for (const [name, values] of b) values.forEach((value, i) => expect(a.get(name)![i]).toBeCloseTo(value, 5));
}

describe.each(Object.entries(RULES))("%s", (_name, rule) => {
  afterAll(closeSequitur);

  it.each([
    { sparse: false },
    { sparse: true },
    { sparse: true, scale: 0.3 },
    { sparse: false, decay: 0.1, scale: 0.5 },
    { sparse: true, decay: 0.1 },
  ])("gives the same weights fused and composed: %o", async (options) => {
    expectClose(await trained("sequitur", rule, options), await trained("cpu", rule, options));
  });

  it("updates a sparse table as a dense one when every row is read", async () => {
    const dense = await trained("sequitur", rule, { sparse: false, every: true });
    expectClose(await trained("sequitur", rule, { sparse: true, every: true }), dense);
  });

  it("leaves rows of a sparse table alone that no step read", async () => {
    const before = normal(1)(45, [9, 5], new Random("optimiser").fork("weights").fork("table"));
    const after = (await trained("sequitur", rule, { sparse: true, decay: 0.1 })).get("table")!;
    // Rows 0 to 4 and 6 are read in four steps.
    for (const row of [5, 7, 8]) {
      expect([...after.subarray(row * 5, row * 5 + 5)]).toEqual([...before.subarray(row * 5, row * 5 + 5)]);
    }
    expect(after[0]).not.toBe(before[0]);
  });
});

describe("known steps", () => {
  afterAll(closeSequitur);

  /** The weight after two steps of w^2 / 2 from w = 1, whose gradient is w. */
  async function twoSteps(rule: UpdateRule, decay = 0): Promise<number> {
    await selectBackend("sequitur");
    const parameters = new Parameters(new Random(1));
    const w = parameters.create("w", [1], (size) => new Float32Array(size).fill(1), { noDecay: false });
    const optimiser = new Optimiser(rule, { decay });
    const sum = new GradientSum(parameters);
    for (let step = 0; step < 2; step++) {
      sum.add(() => tf.mul(tf.sum(tf.square(w)), 0.5));
      const gradients = sum.finish();
      optimiser.step(parameters.all(), gradients, 0.1);
      disposeGradients(gradients);
    }
    const [value] = w.dataSync();
    optimiser.dispose();
    parameters.dispose();
    return value;
  }

  it("are those of the formulas", async () => {
    expect(await twoSteps(sgd())).toBeCloseTo(0.9 * 0.9, 6);
    // v = 1, w = 0.9; v = 0.5 + 0.9, w = 0.9 - 0.14.
    expect(await twoSteps(sgd({ momentum: 0.5 }))).toBeCloseTo(0.76, 6);
    // The first step of Adam is the learning rate; in the second m^ = (0.09 + 0.09) / 0.19 and v^ = (0.000999 + 0.00081) / 0.001999.
    const second = (0.1 * ((0.09 + 0.1 * 0.9) / 0.19)) / Math.sqrt((0.000999 + 0.001 * 0.81) / 0.001999);
    expect(await twoSteps(adam())).toBeCloseTo(0.9 - second, 5);
    // Adagrad: 1 - 0.1, then 0.9 - 0.09 / sqrt(1.81).
    expect(await twoSteps(adagrad())).toBeCloseTo(0.9 - 0.09 / Math.sqrt(1.81), 6);
    // Decay inside the gradient: g = w (1 + 0.5).
    expect(await twoSteps(sgd(), 0.5)).toBeCloseTo(0.85 * 0.85, 6);
    // Decay of the weights: the first step of AdamW is 1 - 0.1 0.5 - 0.1.
    expect(await twoSteps(adamW(), 0.5)).toBeLessThan(0.85);
  });
});

describe("gradients", () => {
  afterAll(closeSequitur);

  it.each(["sequitur", "cpu"] as const)(
    "on %s: their norm is that of all numbers, rows summed first",
    async (backend) => {
      await selectBackend(backend);
      const parameters = new Parameters(new Random(1));
      const table = parameters.create("table", [4, 2], normal(1), { sparse: true }) as tf.Tensor as tf.Tensor2D;
      const w = parameters.create("w", [2], normal(1));
      const sum = new GradientSum(parameters);
      sum.add(() => tf.add(tf.sum(embedding(table, tf.tensor1d([1, 1, 3], "int32"))), tf.sum(tf.mul(w, 3))));
      const gradients = sum.finish();
      // Row 1 twice: (2, 2), row 3: (1, 1), w: (3, 3).
      expect(gradientNorm(gradients)).toBeCloseTo(Math.sqrt(8 + 2 + 18), 5);
      expect([...gradients.rows.get("table")!.rows.dataSync()]).toEqual([1, 3]);
      disposeGradients(gradients);
      parameters.dispose();
    },
  );

  it("of a sparse table that is also read whole join the dense gradient", async () => {
    await selectBackend("sequitur");
    const parameters = new Parameters(new Random(1));
    const table = parameters.create("table", [3, 2], normal(1), { sparse: true }) as tf.Tensor as tf.Tensor2D;
    const sum = new GradientSum(parameters);
    sum.add(() => tf.add(tf.sum(embedding(table, tf.tensor1d([2, 2], "int32"))), tf.sum(table)));
    const gradients = sum.finish();
    expect(gradients.rows.size).toBe(0);
    expect([...gradients.dense.get("table")!.dataSync()]).toEqual([1, 1, 1, 1, 3, 3]);
    disposeGradients(gradients);
    parameters.dispose();
  });
});
