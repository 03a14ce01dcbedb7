import type { SlateLog } from "@sequitur/core";
import type { Artifact, Model } from "@sequitur/recommender";
import { slateLearner, type SlateLearner } from "./learner.js";
import { scoresAtMeans, slateLogLikelihood } from "./likelihood.js";
import { NAME, savePosterior, type Posterior } from "./posterior.js";

/** A fitted slate model: a scorer at its posterior means, and a posterior to draw from and to go on learning. */
export interface SlateModel extends Model {
  readonly posterior: Posterior;
  /** A copy that draws and learns; the model stays as it is. */
  learner(): SlateLearner;
  /** (rows) log P(what was chosen | slate, earlier clicks of the user in the log) at the posterior means; see `slateLogLikelihood`. */
  logLikelihood(log: SlateLog, rows: Int32Array): Float64Array;
}

/** The model over a posterior. */
export function slateModel(posterior: Posterior): SlateModel {
  return {
    name: NAME,
    catalog: posterior.catalog,
    posterior,
    score: (batch, candidates) => scoresAtMeans(posterior, batch, candidates),
    learner: () => slateLearner(posterior),
    logLikelihood: (log, rows) => slateLogLikelihood(posterior, log, rows),
    save: (): Artifact => savePosterior(posterior),
  };
}

/** Whether a model has a posterior to draw from. */
export function isSlateModel(model: Model): model is SlateModel {
  return "posterior" in model && "learner" in model;
}
