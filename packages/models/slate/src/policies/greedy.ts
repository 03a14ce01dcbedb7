import { certainSlates } from "./certain-slates.js";
import { learningOf, liveScorer } from "./live-scorer.js";
import { noSettings, type PolicyKind } from "./policy-kind.js";
import { ruledSlates } from "./ruled-slates.js";

/** The k items of highest score, always: every probability is 1. */
export const greedy: PolicyKind<Record<string, never>> = {
  name: "greedy",
  needs: "model",
  config: noSettings,
  make(parts) {
    const scorer = liveScorer(parts);
    return {
      name: parts.name,
      slates: ruledSlates(parts.catalog, (batch, k, choice) => certainSlates(scorer, batch, k, choice)),
      ...learningOf(scorer),
    };
  },
};
