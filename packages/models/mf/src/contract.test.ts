import { parseConfig, Random } from "@sequitur/core";
import { checkerboard, conforms, hitRate, noise } from "@sequitur/recommender/conforms";
import { describe, expect, it } from "vitest";
import { als } from "./als/als.js";
import { bpo } from "./bpo/bpo.js";
import { bpr } from "./bpr/bpr.js";
import { nbpo } from "./nbpo/nbpo.js";
import type { FactorModel } from "./serving/factor-model.js";
import type { FactorRecommender } from "./serving/factor-recommender.js";
import { warp } from "./warp/warp.js";

interface Case {
  readonly name: string;
  readonly recommender: FactorRecommender;
  /** Keys that suit 180 interactions: more passes, fewer factors. */
  readonly config: Readonly<Record<string, unknown>>;
}

function caseOf<Config>(
  recommender: FactorRecommender<Config>,
  config: Record<string, unknown>,
  name = recommender.name,
): Case {
  return { name, recommender, config };
}

const small = { factors: 6, epochs: 200, learningRate: 0.1, learningRateDecay: 0.99 };
const cases: Case[] = [
  caseOf(bpr, { ...small, hardest: 1 }),
  caseOf(bpr, { ...small, hardest: 3, bias: true, sampler: "in-batch" }, "bpr, in-batch, hard negatives"),
  caseOf(bpo, { ...small, negatives: 2 }),
  caseOf(bpo, { ...small, sampler: "popularity", init: "centred" }, "bpo, popularity sampler"),
  caseOf(bpo, { ...small, bias: true, userBias: true }, "bpo, both biases"),
  caseOf(nbpo, { ...small, userBias: true }, "nbpo, user bias"),
  caseOf(nbpo, small),
  caseOf(nbpo, { ...small, form: "original" }, "nbpo, original"),
  caseOf(nbpo, { ...small, form: "surrogate", learningRate: 0.4, flipBias: -6 }, "nbpo, surrogate"),
  caseOf(warp, { ...small, factors: 2, epochs: 60, learningRate: 0.02, userDecay: 0.02, itemDecay: 0.02 }),
  caseOf(als, { factors: 6, decay: 1, confidence: 4 }),
];

for (const { recommender, config } of cases.filter(({ name, recommender }) => name === recommender.name)) {
  conforms(recommender, { config });
}

describe.each(cases)("$name", ({ recommender, config }) => {
  const fit = async (train: Parameters<FactorRecommender["fit"]>[0], seed = 1): Promise<FactorModel> =>
    recommender.fit(train, parseConfig(recommender.config, config, "test"), { random: new Random(seed) });

  it("finds the withheld diagonal for nearly every user", async () => {
    const planted = checkerboard();
    expect(hitRate(await fit(planted.train), planted, 1, true)).toBeGreaterThanOrEqual(0.9);
  });

  it("finds nothing in noise", async () => {
    const chance = noise(new Random("mf"));
    expect(hitRate(await fit(chance.train), chance, 1)).toBeLessThan(0.1);
  });
});
