import { z } from "zod";
import { LOSS_NAMES } from "./objectives.js";

/** Config keys that every sequence model has; its own come beside them. */
export const trainingFields = {
  width: z.int().min(4).max(1024).default(64).describe("numbers of an item's vector"),
  maxLength: z.int().min(1).max(1000).default(100).describe("items of a history that are read, the newest ones"),
  dropout: z.number().min(0).max(0.9).default(0.3).describe("share of numbers dropped in training"),
  itemDropout: z.number().min(0).max(0.9).default(0).describe("share of the history's items that training hides"),
  startLength: z
    .number()
    .min(0.001)
    .max(10)
    .optional()
    .describe(
      "length of an item's vector before training, about; if absent 0.2 with softmax, 1 with the sampled losses",
    ),
  loss: z
    .enum(LOSS_NAMES)
    .default("softmax")
    .describe("softmax: cross-entropy over all items; the others compare with sampled negatives"),
  negatives: z.int().min(1).max(10_000).default(256).describe("sampled losses: negatives, shared by a batch"),
  negativePower: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe("sampled losses: an item is drawn by its count to this power; 0: uniformly"),
  calibration: z.number().min(0).max(1).default(0.75).describe("gbce: 0 is plain BCE, 1 undoes the sampling"),
  scorePenalty: z.number().min(0).max(10).default(0.5).describe("bpr-max: weight of the squared negative scores"),
  tied: z.boolean().default(true).describe("one item table for reading and scoring, instead of two"),
  windows: z
    .enum(["random", "fixed"])
    .default("random")
    .describe("where long histories are cut into windows: anew each epoch, or counted from the end"),
  epochs: z.int().min(1).max(10_000).default(12).describe("passes over the training data at most"),
  batchSize: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(512)
    .describe("next-item predictions of one step, about")
    .meta({ formerly: ["batchTargets"] }),
  learningRate: z
    .number()
    .min(1e-6)
    .max(1)
    .default(3e-3)
    .describe("learning rate of Adam at its peak")
    .meta({ formerly: ["rate"] }),
  warmupSteps: z
    .int()
    .min(0)
    .max(100_000)
    .default(50)
    .describe("steps over which the learning rate rises")
    .meta({ formerly: ["warmUp"] }),
  schedule: z
    .enum(["cosine", "constant"])
    .default("cosine")
    .describe("the learning rate after its rise, until the last epoch"),
  weightDecay: z.number().min(0).max(10).default(0.1).describe("of AdamW, on matrices and tables"),
  clipNorm: z.number().positive().max(1e6).default(5).describe("longest gradient; longer ones are scaled down"),
  averageDecay: z
    .number()
    .min(0)
    .max(0.99999)
    .default(0)
    .describe("the fitted weights are a moving average with this decay; 0: the last ones"),
  patience: z.int().min(1).max(1000).default(5).describe("epochs without a better validation before the fit stops"),
};

const trainingSchema = z.strictObject(trainingFields);
export type TrainingConfig = z.infer<typeof trainingSchema>;

/** Search ranges of the keys that matter for every sequence model. */
export const trainingSearch = {
  width: { kind: "choice", values: [32, 64, 96, 128] },
  dropout: { kind: "number", min: 0, max: 0.6 },
  itemDropout: { kind: "number", min: 0, max: 0.4 },
  learningRate: { kind: "number", min: 5e-4, max: 1e-2, log: true },
  batchSize: { kind: "choice", values: [256, 512, 1024, 2048] },
  startLength: { kind: "number", min: 0.05, max: 1, log: true },
  weightDecay: { kind: "number", min: 1e-4, max: 1, log: true },
} as const;
