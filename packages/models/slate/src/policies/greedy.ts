import { certainSlates } from "./certain-slates.js";
import { learningOf, liveScorer } from "./live-scorer.js";
import { noSettings, type PolicyKind } from "./policy-kind.js";

/** The k items of highest score, always: every propensity is 1. */
export const greedy: PolicyKind<Record<string, never>> = {
  name: "greedy",
  needs: "model",
  config: noSettings,
  make(parts) {
    const scorer = liveScorer(parts);
    return {
      name: parts.name,
      slates: (batch, k, options) => certainSlates(scorer, batch, k, options),
      ...learningOf(scorer),
    };
  },
};
