import type { Interactions } from "@sequitur/core";
import type { Artifact, FitRun, Recommender } from "@sequitur/recommender";
import type { FactorModel } from "./factor-model.js";

/** A Recommender whose models are factorisations. */
export interface FactorRecommender<Config = unknown> extends Recommender<Config> {
  fit(train: Interactions, config: Config, run: FitRun): Promise<FactorModel>;
  load(artifact: Artifact): FactorModel;
}
