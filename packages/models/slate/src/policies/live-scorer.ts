import type { Scorer, SlatePolicy } from "@sequitur/recommender";
import { requireModel, type PolicyParts } from "./policy-kind.js";

/** How a policy learns, where it does. */
export type Learning = Pick<SlatePolicy, "observe" | "save">;

/** What a policy ranks by: a fitted model that stays as it is, or one that learns from what is shown. */
export type LiveScorer = Scorer & Learning;

/** The model of the parts as a policy uses it. */
export function liveScorer(parts: PolicyParts): LiveScorer {
  const model = requireModel(parts);
  return { name: model.name, catalog: model.catalog, score: (batch, candidates) => model.score(batch, candidates) };
}
