import { artifactConfig } from "@sequitur/recommender";
import { z } from "zod";
import { logisticFoldIn } from "../folding/logistic-fold-in.js";
import { factorModel } from "../serving/factor-model.js";
import type { FactorRecommender } from "../serving/factor-recommender.js";
import { tablesFrom } from "../serving/factor-tables.js";
import { sgdFields } from "../training/sgd-config.js";
import { trainSgd } from "../training/train-sgd.js";

const fields = sgdFields({
  epochs: 30,
  rate: 0.003,
  rateDecay: 0.98,
  decay: 0.05,
  bias: false,
  negatives: 10,
  hardest: 1,
  init: "centred",
});

// Draws go on until one violates the margin: keeping the hardest of several would count as one draw.
const { hardest: _, negatives: __, ...shared } = fields;

export const warpConfig = z.strictObject({
  ...shared,
  draws: z.int().min(1).max(1000).default(10).describe("unvoted items tried for each interaction, at most"),
});
export type WarpConfig = z.infer<typeof warpConfig>;

/**
 * Draws unvoted items until one scores above the positive less 1, and moves the two apart by ln(1 + rank), the rank
 * estimated from the draws it took (WARP, Weston et al. 2011): what is nearly right is left alone.
 */
export const warp: FactorRecommender<WarpConfig> = {
  name: "warp",
  config: warpConfig,
  search: {
    rate: { kind: "number", min: 0.001, max: 0.05, log: true },
    userDecay: { kind: "number", min: 0.0001, max: 0.1, log: true },
    itemDecay: { kind: "number", min: 0.0001, max: 0.1, log: true },
    draws: { kind: "choice", values: [5, 10, 30] },
    bias: { kind: "choice", values: [true, false] },
    init: { kind: "choice", values: ["positive", "centred"] },
  },
  async fit(train, config, run) {
    const { draws, ...rest } = config;
    const plan = { name: "warp", objective: "warp", foldIn: foldInOf(config), savedConfig: config } as const;
    return trainSgd(train, { ...rest, negatives: draws, hardest: 1 }, plan, run);
  },
  load(artifact) {
    const config = artifactConfig(artifact, "warp", warpConfig);
    const { knownUsers } = config;
    const { catalog } = artifact;
    return factorModel({
      name: "warp",
      config,
      catalog,
      tables: tablesFrom(artifact, config),
      foldIn: foldInOf(config),
      knownUsers,
    });
  },
};

function foldInOf({ userDecay, itemDecay }: WarpConfig) {
  return logisticFoldIn({ kind: "pair", userDecay, itemDecay });
}
