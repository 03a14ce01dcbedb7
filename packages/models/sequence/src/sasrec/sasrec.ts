import { readingRecommender } from "../reading-recommender.js";
import type { SequenceRecommender } from "../serving/sequence-model.js";
import { windowPlan } from "../training/batches.js";
import { trainingSearch } from "../training/training-config.js";
import { sasrecConfig, type SasrecConfig } from "./config.js";
import { sasrecEncoder } from "./encoder.js";
import { sasrecNetwork, sasrecShapes } from "./network.js";

/**
 * Self-attentive sequential recommendation (SASRec, Kang & McAuley 2018): a causal transformer reads the newest
 * `maxLength` items and tells, at every position, the next one. Reads histories only, no user index.
 */
export const sasrec: SequenceRecommender<SasrecConfig> = readingRecommender({
  name: "sasrec",
  config: sasrecConfig,
  search: { ...trainingSearch, layers: { kind: "integer", min: 1, max: 3 } },
  plan:
    ({ intervals }) =>
    (train, options) =>
      windowPlan(train, { ...options, intervals }),
  readsTimes: ({ intervals }) => intervals,
  network: sasrecNetwork,
  shapes: sasrecShapes,
  encoder: sasrecEncoder,
});
