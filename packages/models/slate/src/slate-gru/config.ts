import { z } from "zod";

export const slateGruConfig = z.strictObject({
  likelihood: z
    .enum(["slate", "all-item"])
    .default("slate")
    .describe(
      "slate: a choice among the items shown and no click; all-item: among the whole catalogue, by uniform candidates. Plain interactions show no slates: there it is always all-item",
    ),
  state: z.enum(["gru", "linear"]).default("gru").describe("how the user's state follows the clicks"),
  score: z.enum(["l2", "dot"]).default("l2").describe("l2: minus the distance of user and item; dot: their product"),
  prior: z
    .enum(["hierarchical", "flat"])
    .default("hierarchical")
    .describe("hierarchical: items vary around the mean of their first category; flat: around one mean"),
  compat: z
    .enum(["none", "paper"])
    .default("none")
    .describe(
      "none: everybody starts at a learned first state; paper: at one made of the clicks of the training window, which the published code does although they are what it is to predict",
    ),
  width: z.int().min(1).max(256).default(25).describe("numbers in an item vector and in a user state"),
  maxSlates: z
    .int()
    .min(1)
    .max(1000)
    .default(20)
    .describe("slates in a training window; longer histories are cut, and serving reads the last so many clicks"),
  candidates: z.int().min(1).max(1000).default(24).describe("uniform candidates beside the click, if all-item"),
  temperature: z
    .number()
    .positive()
    .max(100)
    .default(0.0265)
    .describe("tau_L: divides the log-likelihood; below 1 the posterior is cold"),
  maxScale: z.number().positive().max(100).default(10).describe("upper bound of every posterior scale"),
  groupMeanScale: z.number().positive().max(100).default(5).describe("kappa_mu: prior scale of group means"),
  groupScaleScale: z.number().positive().max(100).default(5).describe("kappa_sigma: prior scale of group scales"),
  gruScale: z.number().positive().max(100).default(5).describe("kappa_rnn: prior scale of the GRU's matrix entries"),
  epochs: z.int().min(1).max(10_000).default(60).describe("passes over the data, both phases together"),
  batchSize: z
    .int()
    .min(1)
    .max(100_000)
    .default(256)
    .describe("training windows in a step")
    .meta({ formerly: ["batchUsers"] }),
  samples: z.int().min(1).max(16).default(1).describe("posterior draws a step"),
  learningRate: z
    .number()
    .positive()
    .max(1)
    .default(0.03)
    .describe("learning rate of Adam in the first phase")
    .meta({ formerly: ["rate"] }),
  gruLearningRate: z
    .number()
    .positive()
    .max(1)
    .default(0.003)
    .describe("learning rate of the second phase, of the GRU")
    .meta({ formerly: ["gruRate"] }),
  beta1: z.number().min(0).max(0.9999).default(0.9).describe("Adam's decay of the mean gradient"),
  beta2: z.number().min(0).max(0.9999).default(0.999).describe("Adam's decay of the mean squared gradient"),
  clipNorm: z.number().positive().max(1e9).default(100).describe("largest norm of a step's gradient"),
  validation: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.05)
    .describe("share of users whose slates from the sixth on are held out to stop each phase; 0: none"),
  patience: z.number().min(0).max(1).default(0.1).describe("share of the epochs without a better validation to wait"),
  onlineWeight: z
    .number()
    .min(0)
    .max(1000)
    .default(1)
    .describe("how much an online observation counts against the posterior; 1: Bayes' rule"),
  onlineUserScale: z
    .number()
    .positive()
    .max(100)
    .default(0.5)
    .describe("prior scale of what is learned online of a user beside the clicks"),
});
export type SlateGruConfig = z.infer<typeof slateGruConfig>;
