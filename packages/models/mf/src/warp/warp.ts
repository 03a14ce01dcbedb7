import { z } from "zod";
import { sgdFields } from "../training/sgd-config.js";
import { sgdRecommender } from "../training/sgd-recommender.js";

// Draws go on until one violates the margin: keeping the hardest of several would count as one draw.
const {
  hardest: _,
  negatives: __,
  ...shared
} = sgdFields({ epochs: 30, learningRate: 0.003, decay: 0.05, init: "centred" });

export const warpConfig = z.strictObject({
  ...shared,
  draws: z.int().min(1).max(1000).default(10).describe("unvoted items tried for each interaction, at most"),
});
export type WarpConfig = z.infer<typeof warpConfig>;

/**
 * Draws unvoted items until one scores above the positive less 1, and moves the two apart by ln(1 + rank), the rank
 * estimated from the draws it took (WARP, Weston et al. 2011): what is nearly right is left alone.
 */
export const warp = sgdRecommender<WarpConfig>({
  name: "warp",
  config: warpConfig,
  search: {
    learningRate: { kind: "number", min: 0.001, max: 0.05, log: true },
    userDecay: { kind: "number", min: 0.0001, max: 0.1, log: true },
    itemDecay: { kind: "number", min: 0.0001, max: 0.1, log: true },
    draws: { kind: "choice", values: [5, 10, 30] },
    bias: { kind: "choice", values: [true, false] },
    init: { kind: "choice", values: ["positive", "centred"] },
  },
  folds: "pair",
  updates: ({ draws }) => ({ kernel: "warp", training: { negatives: draws, hardest: 1 } }),
});
