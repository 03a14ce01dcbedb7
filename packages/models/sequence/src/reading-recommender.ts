import { itemCounts, type Catalog, type Tensor } from "@sequitur/core";
import { engineFor } from "@sequitur/kernels";
import { type Parameters, Weights } from "@sequitur/nn";
import { artifactConfig, withSignals, inputsWhere } from "@sequitur/recommender";
import type { Encoder } from "./serving/encoder.js";
import { itemShares } from "./serving/item-shares.js";
import { loadWeights } from "./serving/load-weights.js";
import { sequenceModel, type SequenceModel, type SequenceRecommender } from "./serving/sequence-model.js";
import { trainNetwork, type NetworkTraining } from "./training/fit-network.js";
import type { SequenceNetwork } from "./training/sequence-network.js";
import type { TrainingConfig } from "./training/training-config.js";

/** A network over item vectors, in its two forms. */
export interface ReadingSpec<Config extends TrainingConfig> extends Pick<
  SequenceRecommender<Config>,
  "name" | "config" | "search"
> {
  /** For training, on a tape; `counts` (N) are the training interactions of each item. */
  readonly network: (parameters: Parameters, counts: Int32Array, config: Config) => SequenceNetwork;
  /** Name -> shape of every weight of a model over so many items. */
  readonly shapes: (size: number, config: Config) => ReadonlyMap<string, readonly number[]>;
  /** For scoring, as plain kernel calls. */
  readonly encoder: (weights: Weights, config: Config) => Encoder;
  /** How the data become batches. Default: windows of whole histories. */
  readonly plan?: (config: Config) => NetworkTraining["plan"];
  /** Whether it reads when interactions happened, beyond their order. Default: never. */
  readonly readsTimes?: (config: Config) => boolean;
}

/** The recommender of a network that reads histories item by item and scores with one table. */
export function readingRecommender<Config extends TrainingConfig>(
  spec: ReadingSpec<Config>,
): SequenceRecommender<Config> {
  const { name, config: schema, search, readsTimes } = spec;

  function modelOf(catalog: Catalog, config: Config, weights: Weights, shares: Float32Array): SequenceModel {
    const { maxLength, tied } = config;
    const output = { table: weights.get(tied ? "items.table" : "output.table"), bias: weights.find("output.bias") };
    return sequenceModel({
      name,
      config,
      catalog,
      weights,
      shares,
      maxLength,
      encoder: spec.encoder(weights, config),
      output,
    });
  }

  return withSignals<Config, SequenceModel>(
    { positive: "counts", negative: "ignores" },
    {
      name,
      config: schema,
      ...(search && { search }),
      reads: (settings) =>
        inputsWhere({ "own-history": true, "validation-item": true, times: readsTimes?.(settings) ?? false }),
      async fit(train, config, run) {
        const { catalog } = train;
        const shares = itemShares(train);
        const names = spec.shapes(catalog.items.size, config);
        const fitted = (weights: ReadonlyMap<string, Tensor>): SequenceModel => {
          // What a fit keeps besides, such as the states of its lanes, is no part of the model.
          const own = new Map([...weights].filter(([weight]) => names.has(weight)));
          return modelOf(catalog, config, new Weights(engineFor(run.threads ?? 1), own), shares);
        };
        const build = (parameters: Parameters): SequenceNetwork => spec.network(parameters, itemCounts(train), config);
        const plan = spec.plan?.(config);
        return fitted(await trainNetwork(train, { name, config, build, modelOf: fitted, ...(plan && { plan }) }, run));
      },
      load(artifact) {
        const config = artifactConfig(artifact, name, schema);
        const { weights, shares } = loadWeights(artifact, spec.shapes(artifact.catalog.items.size, config));
        return modelOf(artifact.catalog, config, weights, shares);
      },
    },
  );
}
