import { parseConfig, Random, type Interactions } from "@sequitur/core";
import type { FitRun } from "@sequitur/recommender";
import { gru4rec } from "./gru4rec/gru4rec.js";
import { liteLlm4rec } from "./lite-llm4rec/lite-llm4rec.js";
import { sasrec } from "./sasrec/sasrec.js";
import type { SequenceModel, SequenceRecommender } from "./serving/sequence-model.js";

const NETWORK = {
  width: 16,
  hidden: 16,
  epochs: 8,
  maxLength: 8,
  batchSize: 200,
  learningRate: 0.02,
  warmupSteps: 5,
  dropout: 0,
};

/** The models, with keys that suit a few hundred short histories. */
export const SMALL: Record<string, { recommender: SequenceRecommender<unknown>; config: Record<string, unknown> }> = {
  sasrec: {
    recommender: sasrec,
    config: NETWORK,
  },
  gru4rec: {
    recommender: gru4rec,
    config: NETWORK,
  },
  "lite-llm4rec": {
    recommender: liteLlm4rec,
    config: {
      ...NETWORK,
      textWidth: 16,
      textHidden: 16,
      textLayers: 1,
      maxTokens: 8,
      textEpochs: 2,
      textLearningRate: 0.02,
    },
  },
};

/** A model of that name with the small config, changed by `extra`. */
export async function fitted(
  name: string,
  train: Interactions,
  extra: Record<string, unknown> = {},
  run: Partial<FitRun> = {},
): Promise<SequenceModel> {
  const { recommender, config } = SMALL[name]!;
  const parsed = parseConfig(recommender.config, { ...config, ...extra }, "test");
  return recommender.fit(train, parsed, { random: new Random(1), ...run });
}
