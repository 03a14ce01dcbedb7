import { z } from "zod";

/** What differs between the models of the family before anybody sets anything; tuned on validation. */
export interface SgdDefaults {
  readonly epochs: number;
  readonly learningRate: number;
  readonly decay: number;
  readonly init: "positive" | "centred";
}

const PUBLISHED: SgdDefaults = { epochs: 80, learningRate: 0.08, decay: 0.02, init: "positive" };

/** The config fields that every stochastic model has. */
export function sgdFields(defaults: SgdDefaults = PUBLISHED) {
  return {
    factors: z.int().min(1).max(1024).default(64).describe("length of the user and item vectors"),
    epochs: z.int().min(1).max(10_000).default(defaults.epochs).describe("passes over the interactions, at most"),
    learningRate: z
      .number()
      .positive()
      .max(1e6)
      .default(defaults.learningRate)
      .describe("learning rate of the first epoch")
      .meta({ formerly: ["rate"] }),
    learningRateDecay: z
      .number()
      .positive()
      .max(1)
      .default(0.98)
      .describe("factor on the learning rate after each epoch")
      .meta({ formerly: ["rateDecay"] }),
    userDecay: z
      .number()
      .min(0)
      .max(100)
      .default(defaults.decay)
      .describe("L2 on a user's vector at each update of it"),
    itemDecay: z.number().min(0).max(100).default(defaults.decay).describe("L2 on an item's vector at each update"),
    bias: z.boolean().default(false).describe("a learned bias for each item"),
    biasDecay: z.number().min(0).max(100).default(defaults.decay).describe("L2 on a bias at each update"),
    init: z
      .enum(["positive", "centred"])
      .default(defaults.init)
      .describe("start: positive, uniform in [0, 1) / sqrt(factors), as NBPO's authors; centred, normal around 0"),
    initScale: z.number().positive().max(10).default(0.1).describe("standard deviation of a centred vector's length"),
    negatives: z.int().min(1).max(1000).default(1).describe("unvoted items an interaction"),
    sampler: z
      .enum(["uniform", "popularity", "in-batch"])
      .default("uniform")
      .describe("unvoted items: all alike; by popularity; those of other interactions, with log Q taken off"),
    samplerPower: z.number().min(-2).max(2).default(0.75).describe("exponent of the popularity sampler"),
    hardest: z
      .int()
      .min(1)
      .max(1000)
      .default(4)
      .describe("unvoted items drawn for one kept, the one that scores highest (dynamic hard negatives)"),
    validateEvery: z.int().min(1).default(5).describe("epochs between two validations"),
    patience: z.int().min(1).default(5).describe("validations without a new best before training stops"),
    checkpointEvery: z.int().min(1).default(10).describe("epochs between two checkpoints"),
    knownUsers: z
      .enum(["trained", "history"])
      .default("trained")
      .describe("serve a user of the fit by the trained vector, or by one folded in from the query's history"),
  };
}

/** For point-wise models alone: where scores are compared within a user, it cancels. */
export const userBiasField = z
  .boolean()
  .default(false)
  .describe("a learned bias for each user while training; no ranking sees it");

/** Fields of `sgdFields`, parsed, and what only some models have. */
export type SgdConfig = z.infer<z.ZodObject<ReturnType<typeof sgdFields>>> & {
  readonly userBias?: boolean;
  readonly compat?: "none" | "paper";
};

/** What a search varies. */
export const sgdSearch = {
  learningRate: { kind: "number", min: 0.02, max: 0.2, log: true },
  userDecay: { kind: "number", min: 0.001, max: 0.1, log: true },
  itemDecay: { kind: "number", min: 0.001, max: 0.1, log: true },
  hardest: { kind: "choice", values: [1, 2, 4] },
  bias: { kind: "choice", values: [true, false] },
  init: { kind: "choice", values: ["positive", "centred"] },
} as const;
