import { logistic } from "../logistic.js";
import { clickAt, largest, type ClickModel } from "./click-model.js";

/**
 * Position-based model (Richardson, Dominowska & Ragno 2007; Craswell et al. 2008): position k is examined with
 * probability (k + 1)^-decay whatever happens elsewhere, and what is examined is clicked by its attraction. Several
 * clicks are possible; the person leaves satisfied when one of them satisfied.
 */
export function positionBased(decay: number): ClickModel {
  const seen = (position: number): number => (position + 1) ** -decay;
  return {
    name: "position-based",
    probabilities(out, { size, utilities }) {
      for (let k = 0; k < size; k++) out[k] = seen(k) * logistic(utilities[k]!);
    },
    best: (utilities, _satisfactions, k) => largest(utilities, k),
    draw(out, slate, random) {
      out.fill(0);
      let satisfied = false;
      for (let k = 0; k < slate.size; k++) {
        if (random.uniform() >= seen(k) * logistic(slate.utilities[k]!)) continue;
        satisfied = clickAt(out, slate, k, random) || satisfied;
      }
      return satisfied;
    },
  };
}
