import { artifactConfig } from "@sequitur/recommender";
import { z } from "zod";
import { logisticFoldIn } from "../folding/logistic-fold-in.js";
import { factorModel } from "../serving/factor-model.js";
import type { FactorRecommender } from "../serving/factor-recommender.js";
import { tablesFrom } from "../serving/factor-tables.js";
import { compatField, refuseInPaper } from "../training/compat.js";
import { paperEpochs } from "../training/paper-epochs.js";
import { sgdFields, sgdSearch } from "../training/sgd-config.js";
import { trainSgd } from "../training/train-sgd.js";

export const bprConfig = z.strictObject({
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
  compat: compatField,
});
export type BprConfig = z.infer<typeof bprConfig>;

/** Ranks pairs: ascends log sigmoid(R_ui - R_uj) over sampled (u, i, j) (BPR, Rendle et al. 2009). */
export const bpr: FactorRecommender<BprConfig> = {
  name: "bpr",
  config: bprConfig,
  search: sgdSearch,
  async fit(train, config, run) {
    refuseInPaper("bpr", config);
    const ownEpoch =
      config.compat === "paper"
        ? paperEpochs({ ...config, objective: "bpr", flipRate: 0, flipDecay: 0, random: run.random })
        : undefined;
    return trainSgd(
      train,
      config,
      { name: "bpr", objective: "bpr", foldIn: foldInOf(config), ...(ownEpoch && { ownEpoch }) },
      run,
    );
  },
  load(artifact) {
    const config = artifactConfig(artifact, "bpr", bprConfig);
    const { knownUsers } = config;
    const { catalog } = artifact;
    return factorModel({
      name: "bpr",
      config,
      catalog,
      tables: tablesFrom(artifact, config),
      foldIn: foldInOf(config),
      knownUsers,
    });
  },
};

function foldInOf({ userDecay, itemDecay }: BprConfig) {
  return logisticFoldIn({ kind: "pair", userDecay, itemDecay });
}
