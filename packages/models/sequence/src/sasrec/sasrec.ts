import type { Catalog } from "@sequitur/core";
import { artifactConfig } from "@sequitur/recommender";
import { engineFor } from "../serving/engine.js";
import { itemShares } from "../serving/item-shares.js";
import { loadWeights } from "../serving/load-weights.js";
import { sequenceModel, type SequenceModel, type SequenceRecommender } from "../serving/sequence-model.js";
import { Weights } from "../serving/weights.js";
import { fitNetwork } from "../training/fit-network.js";
import { trainingSearch } from "../training/training-config.js";
import { sasrecConfig, type SasrecConfig } from "./config.js";
import { sasrecEncoder } from "./encoder.js";
import { sasrecNetwork, sasrecShapes } from "./network.js";

/**
 * Self-attentive sequential recommendation (SASRec, Kang & McAuley 2018): a causal transformer reads the newest
 * `maxLength` items and tells, at every position, the next one. Reads histories only, no user index.
 */
export const sasrec: SequenceRecommender<SasrecConfig> = {
  name: "sasrec",
  config: sasrecConfig,
  search: { ...trainingSearch, layers: { kind: "integer", min: 1, max: 3 } },
  async fit(train, config, run) {
    const shares = itemShares(train);
    const { catalog } = train;
    return fitNetwork(
      train,
      {
        name: "sasrec",
        config,
        build: (parameters) => sasrecNetwork(parameters, catalog.items.size, config),
        modelOf: (weights) => sasrecModel(catalog, config, new Weights(engineFor(run.threads ?? 1), weights), shares),
      },
      run,
    );
  },
  load(artifact) {
    const config = artifactConfig(artifact, "sasrec", sasrecConfig);
    const { weights, shares } = loadWeights(artifact, sasrecShapes(artifact.catalog.items.size, config));
    return sasrecModel(artifact.catalog, config, weights, shares);
  },
};

function sasrecModel(catalog: Catalog, config: SasrecConfig, weights: Weights, shares: Float32Array): SequenceModel {
  return sequenceModel({
    name: "sasrec",
    config,
    catalog,
    weights,
    shares,
    maxLength: config.maxLength,
    encoder: sasrecEncoder(weights, config),
    output: { table: weights.get(config.tied ? "items.table" : "output.table"), bias: weights.find("output.bias") },
  });
}
