import type { Scorer, SlatePolicy } from "@sequitur/recommender";
import { PlatformError } from "@sequitur/core";
import type { SlateLearner } from "../slate-gru/learner.js";
import { loadPosterior } from "../slate-gru/posterior.js";
import { isSlateModel, slateModel } from "../slate-gru/slate-model.js";
import { requireModel, type PolicyParts } from "./policy-kind.js";

/** How a policy learns, where it does. */
export type Learning = Pick<SlatePolicy, "observe" | "save">;

/** `observe` and `save` of what a policy is made of, where it has them. */
export function learningOf({ observe, save }: Learning): Learning {
  return { ...(observe && { observe }), ...(save && { save }) };
}

/** What a policy ranks by: a fitted model that stays as it is, or one that learns from what is shown. */
export type LiveScorer = Scorer & Learning;

/** The model of the parts as a policy uses it: a slate model goes on learning, from its saved state where there is one. */
export function liveScorer(parts: PolicyParts): LiveScorer {
  const model = requireModel(parts);
  if (isSlateModel(model)) return slateLearnerOf(parts);
  if (parts.state !== undefined) {
    const expected = `no state for policy ${parts.name}, which does not learn`;
    throw new PlatformError("bad-config", `expected ${expected}, got one of ${parts.state.model}.`);
  }
  return { name: model.name, catalog: model.catalog, score: (batch, candidates) => model.score(batch, candidates) };
}

/** The learner of a slate model; `bad-config` for a model without a posterior. */
export function slateLearnerOf(parts: PolicyParts): SlateLearner {
  const model = requireModel(parts);
  if (!isSlateModel(model)) {
    const expected = "a model with a posterior to draw from, such as slate-gru";
    throw new PlatformError("bad-config", `policy ${parts.name} needs ${expected}, got ${model.name}.`);
  }
  return (parts.state === undefined ? model : slateModel(loadPosterior(parts.state))).learner();
}
