import { readingRecommender } from "../reading-recommender.js";
import type { SequenceRecommender } from "../serving/sequence-model.js";
import { lanePlan } from "../training/lane-batches.js";
import { trainingSearch } from "../training/training-config.js";
import { gru4recConfig, type Gru4recConfig } from "./config.js";
import { gru4recEncoder } from "./encoder.js";
import { gru4recNetwork, gru4recShapes } from "./network.js";

/**
 * Recurrent next-item recommendation (GRU4Rec, Hidasi et al. 2016; BPR-max of Hidasi & Karatzoglou 2018): a GRU reads the
 * newest `maxLength` items and tells, after every one, the next. Reads histories only, no user index.
 */
export const gru4rec: SequenceRecommender<Gru4recConfig> = readingRecommender({
  name: "gru4rec",
  config: gru4recConfig,
  search: { ...trainingSearch, hidden: { kind: "choice", values: [64, 128, 256] } },
  network: gru4recNetwork,
  shapes: gru4recShapes,
  encoder: gru4recEncoder,
  plan: ({ batches, laneSteps }) =>
    batches === "lanes" ? (train, options) => lanePlan(train, options, laneSteps) : undefined,
});
