import { artifactConfig } from "@sequitur/recommender";
import { z } from "zod";
import { logisticFoldIn } from "../folding/logistic-fold-in.js";
import { bpoObjective } from "../objectives.js";
import { factorModel } from "../serving/factor-model.js";
import type { FactorRecommender } from "../serving/factor-recommender.js";
import { tablesFrom } from "../serving/factor-tables.js";
import { compatField, refuseInPaper } from "../training/compat.js";
import { paperEpochs } from "../training/paper-epochs.js";
import { sgdFields, sgdSearch } from "../training/sgd-config.js";
import { trainSgd } from "../training/train-sgd.js";

export const bpoConfig = z.strictObject({
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
export type BpoConfig = z.infer<typeof bpoConfig>;

/** Point-wise: ascends log s_ui + log(1 - s_uj), s = sigmoid(R): unvoted items are negatives (BPO of Yu & Qin 2020). */
export const bpo: FactorRecommender<BpoConfig> = {
  name: "bpo",
  config: bpoConfig,
  search: sgdSearch,
  async fit(train, config, run) {
    refuseInPaper("bpo", config);
    const ownEpoch =
      config.compat === "paper"
        ? paperEpochs({ ...config, objective: bpoObjective, flipRate: 0, flipDecay: 0, random: run.random })
        : undefined;
    return trainSgd(
      train,
      config,
      { name: "bpo", objective: "bpo", foldIn: foldInOf(config), ...(ownEpoch && { ownEpoch }) },
      run,
    );
  },
  load(artifact) {
    const config = artifactConfig(artifact, "bpo", bpoConfig);
    const { knownUsers } = config;
    const { catalog } = artifact;
    return factorModel({
      name: "bpo",
      config,
      catalog,
      tables: tablesFrom(artifact, config),
      foldIn: foldInOf(config),
      knownUsers,
    });
  },
};

function foldInOf({ userDecay, itemDecay }: BpoConfig) {
  return logisticFoldIn({ kind: "point", userDecay, itemDecay });
}
