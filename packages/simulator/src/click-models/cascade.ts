import { logistic } from "../logistic.js";
import { clickAt, largest, type ClickModel } from "./click-model.js";

/**
 * Cascade model (Craswell, Zoeter, Taylor & Ramsey 2008): from the top, the first attractive item is clicked and ends the
 * reading; after an item that is not clicked the person goes on with probability `persistence`.
 * P(k) = persistence^k a_k prod_{j<k} (1 - a_j).
 */
export function cascade(persistence: number): ClickModel {
  return {
    name: "cascade",
    probabilities(out, { size, utilities }) {
      let reached = 1;
      for (let k = 0; k < size; k++) {
        const attracted = logistic(utilities[k]!);
        out[k] = reached * attracted;
        reached *= (1 - attracted) * persistence;
      }
    },
    best: (utilities, _satisfactions, k) => largest(utilities, k),
    draw(out, slate, random) {
      out.fill(0);
      for (let k = 0; k < slate.size; k++) {
        if (random.uniform() < logistic(slate.utilities[k]!)) return clickAt(out, slate, k, random);
        if (random.uniform() >= persistence) return false;
      }
      return false;
    },
  };
}
