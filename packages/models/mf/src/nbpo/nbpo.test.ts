import { Random, type Progress } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { bpo } from "../bpo/bpo.js";
import { fitted, plantedClasses } from "../planted.fixture.js";
import { flipRate } from "./flip-rate.js";
import { nbpo } from "./nbpo.js";

const size = { users: 60, items: 60, classes: 3 };

describe("nbpo", () => {
  it("starts with flip rates below 0.01 and the ranking of bpo", async () => {
    const { train } = plantedClasses(size, 0.2, new Random("start"));
    const still = { epochs: 1, learningRate: 1e-30, factors: 16, userDecay: 0, itemDecay: 0 };
    const model = await fitted(nbpo, train, { ...still, flipFactors: 16, flipLearningRate: 1e-30, flipBias: 0 });
    let sum = 0;
    for (let user = 0; user < size.users; user++) {
      for (let item = 0; item < size.items; item++) sum += flipRate(model, user, item);
    }
    expect(sum / (size.users * size.items)).toBeLessThan(0.01);
    const plain = await fitted(bpo, train, still);
    expect(model.tables.users).toEqual(plain.tables.users);
    expect(model.tables.items).toEqual(plain.tables.items);
  });

  const quick = {
    hardest: 1,
    factors: 8,
    flipFactors: 8,
    epochs: 100,
    learningRateDecay: 1,
    userDecay: 0.02,
    itemDecay: 0.02,
  };

  it.each([
    // The proposed update has a second fixed point, where every unvoted pair counts as flipped: L2 must hold it back.
    ["proposed", { learningRate: 0.1, flipBias: -6, flipLearningRate: 0.02, flipDecay: 0.03 }],
    ["original", { learningRate: 0.1, flipBias: 0, flipLearningRate: 0.05, flipDecay: 0.001 }],
    ["surrogate", { learningRate: 0.4, flipBias: 0, flipLearningRate: 0.2, flipDecay: 0.001 }],
  ] as const)("%s: gives hidden positives a higher flip rate than true negatives", async (form, config) => {
    const { train, hidden, likes } = plantedClasses(size, 0.3, new Random("flips"));
    const negatives: [number, number][] = [];
    for (let user = 0; user < size.users; user++) {
      for (let item = 0; item < size.items; item++) if (!likes(user, item)) negatives.push([user, item]);
    }
    for (const seed of [1, 2, 3]) {
      const model = await fitted(nbpo, train, { ...quick, ...config, form }, { random: new Random(seed) });
      const mean = (pairs: readonly (readonly [number, number])[]): number =>
        pairs.reduce((sum, [user, item]) => sum + flipRate(model, user, item), 0) / pairs.length;
      expect(mean(hidden)).toBeGreaterThan(mean(negatives));
    }
  });

  it("takes every unvoted pair for flipped when nothing holds the flip model back", async () => {
    const { train } = plantedClasses(size, 0.3, new Random("flips"));
    const reports: Progress[] = [];
    const report = (progress: Progress): void => void reports.push(progress);
    await fitted(
      nbpo,
      train,
      { ...quick, learningRate: 0.1, flipBias: 0, flipLearningRate: 0.1, flipDecay: 0.001 },
      { report },
    );
    expect(reports.at(-1)?.values?.["gamma on unvoted"]).toBeGreaterThan(0.8);
  });

  it("reports the mean flip rates, higher on unvoted pairs than on positives", async () => {
    const { train } = plantedClasses(size, 0.3, new Random("report"));
    const reports: Progress[] = [];
    const report = (progress: Progress): void => void reports.push(progress);
    await fitted(nbpo, train, { epochs: 30, flipLearningRate: 0.1, flipDecay: 0.001 }, { report });
    expect(reports).toHaveLength(30);
    const { values } = reports.at(-1)!;
    expect(values).toMatchObject({ "gamma on positives": expect.any(Number), ordered: expect.any(Number) });
    expect(values!["gamma on unvoted"]).toBeGreaterThan(values!["gamma on positives"]!);
    expect(reports[0]).toMatchObject({ task: "fit nbpo", done: 1, total: 30, unit: "epochs" });
  });

  it("has no flip rates to show without a flip model", async () => {
    const { train } = plantedClasses(size, 0, new Random("none"));
    const model = await fitted(bpo, train, { epochs: 1 });
    expect(() => flipRate(model, 0, 0)).toThrow("has no flip model");
  });
});
