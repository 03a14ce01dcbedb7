import { z } from "zod";
import { bpoObjective } from "../objectives.js";
import { compatField } from "../training/compat.js";
import { sgdFields, sgdSearch, userBiasField } from "../training/sgd-config.js";
import { sgdRecommender } from "../training/sgd-recommender.js";

export const bpoConfig = z.strictObject({ ...sgdFields(), userBias: userBiasField, compat: compatField });
export type BpoConfig = z.infer<typeof bpoConfig>;

/** Point-wise: ascends log s_ui + log(1 - s_uj), s = sigmoid(R): unvoted items are negatives (BPO of Yu & Qin 2020). */
export const bpo = sgdRecommender<BpoConfig>({
  name: "bpo",
  config: bpoConfig,
  search: sgdSearch,
  folds: "point",
  updates: () => ({ kernel: "bpo", plain: bpoObjective }),
});
