import { z } from "zod";
import { compatField } from "../training/compat.js";
import { sgdFields, sgdSearch } from "../training/sgd-config.js";
import { sgdRecommender } from "../training/sgd-recommender.js";

export const bprConfig = z.strictObject({ ...sgdFields(), compat: compatField });
export type BprConfig = z.infer<typeof bprConfig>;

/** Ranks pairs: ascends log sigmoid(R_ui - R_uj) over sampled (u, i, j) (BPR, Rendle et al. 2009). */
export const bpr = sgdRecommender<BprConfig>({
  name: "bpr",
  config: bprConfig,
  search: sgdSearch,
  folds: "pair",
  updates: () => ({ kernel: "bpr", plain: "bpr" }),
});
