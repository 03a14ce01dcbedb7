import { parseConfig, Random } from "@sequitur/core";
import { checkerboard } from "@sequitur/recommender/conforms";
import { describe, expect, it } from "vitest";
import { loadRecommender } from "./recommenders.js";
import { loadSlatePolicy, parseSlatePolicy, slatePolicyNames } from "./slate-policies.js";

describe("parseSlatePolicy", () => {
  it("splits policy and model", async () => {
    expect(await parseSlatePolicy("greedy:sasrec")).toEqual({ policy: "greedy", model: "sasrec" });
    expect(await parseSlatePolicy("popularity")).toEqual({ policy: "greedy", model: "popularity" });
    expect(await parseSlatePolicy("random")).toEqual({ policy: "random" });
  });

  it.each([
    [
      "greedi:ease",
      "not-found",
      `no slate policy is called "greedi"; did you mean greedy? The policies are ${slatePolicyNames.join(", ")}.`,
    ],
    ["greedy", "bad-config", 'expected "greedy:MODEL" as the name of a policy, got "greedy".'],
    ["greedy:", "bad-config", 'expected "greedy:MODEL" as the name of a policy, got "greedy:".'],
    ["random:ease", "bad-config", 'expected "random" as the name of a policy, got "random:ease".'],
  ])("refuses %s", async (name, code, message) => {
    await expect(parseSlatePolicy(name)).rejects.toMatchObject({ code, message });
  });
});

it.each(["popularity", "random", "greedy:item-knn", "epsilon-greedy:item-knn", "softmax:item-knn"])(
  "%s shows slates of a fitted model",
  async (name) => {
    const { train, queries } = checkerboard();
    const { model: modelName } = await parseSlatePolicy(name);
    const recommender = modelName === undefined ? undefined : await loadRecommender(modelName);
    const config = recommender && parseConfig(recommender.config, {}, name);
    const model = await recommender?.fit(train, config, { random: new Random(1) });
    const policy = await loadSlatePolicy({ name, catalog: train.catalog, model });
    const slates = policy.slates(queries, 5, { random: new Random(2) });
    expect(policy.name).toBe(name);
    expect(slates).toHaveLength(queries.size);
    expect(slates.every(({ items }) => items.length === 5 && new Set(items).size === 5)).toBe(true);
  },
);

it("checks a policy's settings", async () => {
  const { catalog } = checkerboard().train;
  await expect(loadSlatePolicy({ name: "epsilon-greedy:ease", catalog, config: { epsilon: 2 } })).rejects.toThrow(
    /policy epsilon-greedy:ease: epsilon/,
  );
  await expect(loadSlatePolicy({ name: "greedy:ease", catalog })).rejects.toThrow(
    "policy greedy:ease ranks by a model, got none.",
  );
});
