import { z } from "zod";
import { nbpoObjective, nbpoOriginalObjective, nbpoSurrogateObjective } from "../objectives.js";
import { compatField } from "../training/compat.js";
import { sgdFields, sgdSearch, userBiasField } from "../training/sgd-config.js";
import { sgdRecommender, type SgdUpdates } from "../training/sgd-recommender.js";

export const nbpoConfig = z.strictObject({
  ...sgdFields(),
  userBias: userBiasField,
  form: z
    .enum(["proposed", "original", "surrogate"])
    .default("proposed")
    .describe("the paper's NBPO, its exact log-likelihood NBPOo, or its likelihood NBPOs"),
  flipFactors: z.int().min(1).max(1024).default(64).describe("length of the vectors of the flip model"),
  flipLearningRate: z
    .number()
    .positive()
    .max(1e6)
    .default(0.02)
    .describe("learning rate of the flip model's first epoch")
    .meta({ formerly: ["flipRate"] }),
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
  proposed: { kernel: "nbpo", plain: nbpoObjective },
  original: { kernel: "nbpo-original", plain: nbpoOriginalObjective },
  surrogate: { kernel: "nbpo-surrogate", plain: nbpoSurrogateObjective },
} as const satisfies Record<NbpoConfig["form"], SgdUpdates>;

/**
 * Point-wise with a learned flip rate gamma = sigmoid(flipBias + P_u . Q_i): an unvoted pair may be a positive whose
 * label was lost, P(observed 0) = 1 - s + gamma s (NBPO, Yu & Qin 2020). Ranks by U_u . V_i alone; reports the mean
 * gamma on positives and on unvoted pairs. New vectors take unvoted items for negatives: nothing is known of how their
 * labels were lost.
 */
export const nbpo = sgdRecommender<NbpoConfig>({
  name: "nbpo",
  config: nbpoConfig,
  search: {
    ...sgdSearch,
    flipLearningRate: { kind: "number", min: 0.003, max: 0.1, log: true },
    flipDecay: { kind: "number", min: 0.01, max: 0.3, log: true },
    flipBias: { kind: "choice", values: [0, -3, -6] },
  },
  folds: "point",
  updates: ({ form, flipFactors, flipLearningRate, flipDecay, flipBias }) => ({
    ...FORMS[form],
    flips: { factors: flipFactors, learningRate: flipLearningRate, decay: flipDecay, bias: flipBias },
  }),
});
