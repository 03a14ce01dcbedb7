import { parseConfig, Random } from "@sequitur/core";
import { decodeArtifact, encodeArtifact } from "@sequitur/recommender";
import { checkerboard } from "@sequitur/recommender/conforms";
import { describe, expect, it } from "vitest";
import { loadModel, loadRecommender, recommenderNames } from "./recommenders.js";

describe("loadRecommender", () => {
  it.each(recommenderNames)("loads %s under its own name, ready with its defaults", async (name) => {
    const recommender = await loadRecommender(name);
    expect(recommender.name).toBe(name);
    expect(parseConfig(recommender.config, {}, name)).toBeTypeOf("object");
    expect(await loadRecommender(name)).toBe(recommender);
  });

  it.each([
    ["poplarity", "popularity"],
    ["ItemKNN", "item-knn"],
    ["content_knn", "content-knn"],
    ["item knn", "item-knn"],
    ["session_knn", "session-knn"],
    ["EASE", "ease"],
    ["markow", "markov"],
  ])("answers %s with %s", async (typed, meant) => {
    await expect(loadRecommender(typed)).rejects.toMatchObject({
      code: "not-found",
      message: `no model is called "${typed}"; did you mean ${meant}? The models are ${recommenderNames.join(", ")}.`,
    });
  });

  it.each(["", "transformer-xxl", "constructor", "__proto__", "toString"])("finds nothing near %j", async (typed) => {
    await expect(loadRecommender(typed)).rejects.toMatchObject({
      code: "not-found",
      message: `no model is called "${typed}". The models are ${recommenderNames.join(", ")}.`,
    });
  });
});

/** Keys that models had before one name stood for one idea, each with a model that had it. */
const RENAMED: readonly (readonly [string, string, string])[] = [
  ["bpr", "rate", "learningRate"],
  ["bpr", "rateDecay", "learningRateDecay"],
  ["nbpo", "flipRate", "flipLearningRate"],
  ["sasrec", "batchTargets", "batchSize"],
  ["gru4rec", "warmUp", "warmupSteps"],
  ["lite-llm4rec", "textRate", "textLearningRate"],
  ["slate-gru", "batchUsers", "batchSize"],
  ["slate-gru", "gruRate", "gruLearningRate"],
  ["seaget", "rate", "learningRate"],
  ["seaget", "cutHours", "sessionGapHours"],
  ["markov", "maxGapHours", "sessionGapHours"],
  ["session-knn", "sessionGapMs", "sessionGapHours"],
];

describe("names of hyper-parameters", () => {
  it.each(RENAMED)("%s refuses %s and names %s", async (name, old, now) => {
    const { config } = await loadRecommender(name);
    expect(() => parseConfig(config, { [old]: 1 }, name)).toThrow(`unknown key "${old}": it is now called "${now}"`);
  });

  it("are the same in every model, and none is a name that was given up", async () => {
    const givenUp = new Set(RENAMED.map(([, old]) => old));
    for (const name of recommenderNames) {
      const { config, search } = await loadRecommender(name);
      const keys = Object.keys({ ...(parseConfig(config, {}, name) as object), ...search });
      expect(keys.filter((key) => givenUp.has(key))).toEqual([]);
      expect(keys.filter((key) => /rate$/i.test(key) && !/learningRate$/i.test(key))).toEqual([]);
      expect(keys.filter((key) => /gap(ms|minutes|days)$/i.test(key))).toEqual([]);
    }
  });
});

describe("loadModel", () => {
  const titles = Array.from({ length: 20 }, (_, item) => `${item % 2 === 0 ? "even" : "odd"} thing ${item}`);
  const { train, queries } = checkerboard({ titles });

  it.each(recommenderNames)("gives back a fitted %s from its bytes", async (name) => {
    const recommender = await loadRecommender(name);
    const config = parseConfig(recommender.config, {}, name);
    const fitted = await recommender.fit(train, config, { random: new Random(1) });
    const model = await loadModel(decodeArtifact(encodeArtifact(fitted.save()), "test"));
    expect(model.name).toBe(name);
    expect(model.score(queries)).toEqual(fitted.score(queries));
  });

  it("names the model that it does not know", async () => {
    const artifact = { model: "eaze", config: {}, catalog: train.catalog, tensors: new Map() };
    await expect(loadModel(artifact)).rejects.toThrow(/no model is called "eaze"; did you mean ease\?/);
  });
});
