import { listOf, type Ranking, type Slate } from "@sequitur/core";
import { recommend } from "@sequitur/recommender";
import { noSettings, type PolicyKind, type PolicyParts } from "./policy-kind.js";
import { liveScorer, type Learning } from "./live-scorer.js";

/** The k items of highest score, always: every propensity is 1. */
export const greedy: PolicyKind<Record<string, never>> = {
  name: "greedy",
  needs: "model",
  config: noSettings,
  make(parts: PolicyParts) {
    const scorer = liveScorer(parts);
    return {
      name: parts.name,
      slates: (batch, k, { candidates }) => surely(recommend(scorer, batch, { k, ...(candidates && { candidates }) })),
      ...learningOf(scorer),
    };
  },
};

/** `observe` and `save` of what a policy ranks by, where it has them. */
export function learningOf({ observe, save }: Learning): Learning {
  return { ...(observe && { observe }), ...(save && { save }) };
}

/** The slates of a ranking that leaves nothing to chance. */
function surely(ranking: Ranking): Slate[] {
  return Array.from({ length: ranking.offsets.length - 1 }, (_, b) => {
    const items = listOf(ranking, b).slice();
    const ones = new Float64Array(items.length).fill(1);
    return { items, propensities: ones, conditionals: ones };
  });
}
