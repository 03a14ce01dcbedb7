import { artifactConfig } from "@sequitur/recommender";
import type { FactoriseObjective } from "@sequitur/kernels";
import { z } from "zod";
import { logisticFoldIn } from "../folding/logistic-fold-in.js";
import { nbpoObjective, nbpoOriginalObjective, nbpoSurrogateObjective, type Objective } from "../objectives.js";
import { factorModel } from "../serving/factor-model.js";
import type { FactorRecommender } from "../serving/factor-recommender.js";
import { tablesFrom } from "../serving/factor-tables.js";
import { compatField, refuseInPaper } from "../training/compat.js";
import { paperEpochs } from "../training/paper-epochs.js";
import { sgdFields, sgdSearch } from "../training/sgd-config.js";
import { trainSgd, type FlipPlan } from "../training/train-sgd.js";

export const nbpoConfig = z.strictObject({
  ...sgdFields({
    epochs: 80,
    rate: 0.08,
    rateDecay: 0.98,
    decay: 0.02,
    bias: false,
    negatives: 1,
    hardest: 4,
    init: "positive",
  }),
  form: z
    .enum(["proposed", "original", "surrogate"])
    .default("proposed")
    .describe("the paper's NBPO, its exact log-likelihood NBPOo, or its likelihood NBPOs"),
  flipFactors: z.int().min(1).max(1024).default(64).describe("length of the vectors of the flip model"),
  flipRate: z.number().positive().max(1e6).default(0.02).describe("learning rate of the flip model's first epoch"),
  flipDecay: z
    .number()
    .min(0)
    .max(100)
    .default(0.04)
    .describe("L2 on flip vectors; it pulls the flip logit to flipBias"),
  flipBias: z
    .number()
    .min(-30)
    .max(0)
    .default(-6)
    .describe("constant of the flip logit: 0 as published, where L2 means a flip rate of 1/2; -6: L2 means no flips"),
  compat: compatField,
});
export type NbpoConfig = z.infer<typeof nbpoConfig>;

const FORMS = {
  proposed: { kernel: "nbpo", objective: nbpoObjective },
  original: { kernel: "nbpo-original", objective: nbpoOriginalObjective },
  surrogate: { kernel: "nbpo-surrogate", objective: nbpoSurrogateObjective },
} as const satisfies Record<NbpoConfig["form"], { kernel: FactoriseObjective; objective: Objective }>;

/**
 * Point-wise with a learned flip rate gamma = sigmoid(flipBias + P_u . Q_i): an unvoted pair may be a positive whose
 * label was lost, P(observed 0) = 1 - s + gamma s (NBPO, Yu & Qin 2020). Ranks by U_u . V_i alone; reports the mean
 * gamma on positives and on unvoted pairs.
 */
export const nbpo: FactorRecommender<NbpoConfig> = {
  name: "nbpo",
  config: nbpoConfig,
  search: {
    ...sgdSearch,
    flipRate: { kind: "number", min: 0.003, max: 0.1, log: true },
    flipDecay: { kind: "number", min: 0.01, max: 0.3, log: true },
    flipBias: { kind: "choice", values: [0, -3, -6] },
  },
  async fit(train, config, run) {
    refuseInPaper("nbpo", config);
    const { kernel, objective } = FORMS[config.form];
    const ownEpoch = config.compat === "paper" ? paperEpochs({ ...config, objective, random: run.random }) : undefined;
    return trainSgd(
      train,
      config,
      {
        name: "nbpo",
        objective: kernel,
        flips: flipsOf(config),
        foldIn: foldInOf(config),
        ...(ownEpoch && { ownEpoch }),
      },
      run,
    );
  },
  load(artifact) {
    const config = artifactConfig(artifact, "nbpo", nbpoConfig);
    const { knownUsers } = config;
    return factorModel({
      name: "nbpo",
      config,
      catalog: artifact.catalog,
      tables: tablesFrom(artifact, { ...config, flips: flipsOf(config) }),
      foldIn: foldInOf(config),
      knownUsers,
    });
  },
};

function flipsOf({ flipFactors, flipRate, flipDecay, flipBias }: NbpoConfig): FlipPlan {
  return { factors: flipFactors, rate: flipRate, decay: flipDecay, bias: flipBias };
}

/** New vectors take unvoted items for negatives: nothing is known of how their labels were lost. */
function foldInOf({ userDecay, itemDecay }: NbpoConfig) {
  return logisticFoldIn({ kind: "point", userDecay, itemDecay });
}
