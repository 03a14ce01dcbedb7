import type { Catalog } from "@sequitur/core";
import { artifactConfig } from "@sequitur/recommender";
import { engineFor } from "../serving/engine.js";
import { itemShares } from "../serving/item-shares.js";
import { loadWeights } from "../serving/load-weights.js";
import { sequenceModel, type SequenceModel, type SequenceRecommender } from "../serving/sequence-model.js";
import { Weights } from "../serving/weights.js";
import { fitNetwork } from "../training/fit-network.js";
import { trainingSearch } from "../training/training-config.js";
import { gru4recConfig, type Gru4recConfig } from "./config.js";
import { gru4recEncoder } from "./encoder.js";
import { gru4recNetwork, gru4recShapes } from "./network.js";

/**
 * Recurrent next-item recommendation (GRU4Rec, Hidasi et al. 2016; BPR-max of Hidasi & Karatzoglou 2018): a GRU reads the
 * newest `maxLength` items and tells, after every one, the next. Reads histories only, no user index.
 */
export const gru4rec: SequenceRecommender<Gru4recConfig> = {
  name: "gru4rec",
  config: gru4recConfig,
  search: { ...trainingSearch, hidden: { kind: "choice", values: [64, 128, 256] } },
  async fit(train, config, run) {
    const shares = itemShares(train);
    const { catalog } = train;
    return fitNetwork(
      train,
      {
        name: "gru4rec",
        config,
        build: (parameters) => gru4recNetwork(parameters, catalog.items.size, config),
        modelOf: (weights) => gru4recModel(catalog, config, new Weights(engineFor(run.threads ?? 1), weights), shares),
      },
      run,
    );
  },
  load(artifact) {
    const config = artifactConfig(artifact, "gru4rec", gru4recConfig);
    const { weights, shares } = loadWeights(artifact, gru4recShapes(artifact.catalog.items.size, config));
    return gru4recModel(artifact.catalog, config, weights, shares);
  },
};

function gru4recModel(catalog: Catalog, config: Gru4recConfig, weights: Weights, shares: Float32Array): SequenceModel {
  return sequenceModel({
    name: "gru4rec",
    config,
    catalog,
    weights,
    shares,
    maxLength: config.maxLength,
    encoder: gru4recEncoder(weights, config),
    output: { table: weights.get(config.tied ? "items.table" : "output.table"), bias: weights.find("output.bias") },
  });
}
