import { logistic } from "../logistic.js";
import { clickAt, type ClickModel } from "./click-model.js";

/**
 * Dynamic Bayesian network model (Chapelle & Zhang 2009): from the top; an examined item is clicked by its attraction, a
 * click satisfies by the item's own chance s and then ends the reading; unsatisfied, with or without a click, the
 * person goes on with probability `persistence`. P(k) = a_k prod_{j<k} persistence (1 - a_j s_j). Several clicks are possible.
 */
export function dynamicBayesian(persistence: number): ClickModel {
  return {
    name: "dynamic-bayesian",
    probabilities(out, { size, utilities, satisfactions }) {
      let reached = 1;
      for (let k = 0; k < size; k++) {
        const attracted = logistic(utilities[k]!);
        out[k] = reached * attracted;
        reached *= persistence * (1 - attracted * satisfactions[k]!);
      }
    },
    best: (utilities, satisfactions, k) => bestReading(utilities, satisfactions, k, persistence),
    draw(out, slate, random) {
      out.fill(0);
      for (let k = 0; k < slate.size; k++) {
        const clicked = random.uniform() < logistic(slate.utilities[k]!);
        if (clicked && clickAt(out, slate, k, random)) return true;
        if (random.uniform() >= persistence) return false;
      }
      return false;
    },
  };
}

/**
 * The best slate, exactly. Of two neighbours the one with the lower (1 - p) / a + p s belongs above, whatever surrounds
 * them, so the order is known and only the choice is left: with the items so sorted, V(i, k) = max(V(i + 1, k),
 * a_i + p (1 - a_i s_i) V(i + 1, k - 1)). O(N log N + N K).
 */
function bestReading(utilities: Float64Array, satisfactions: Float64Array, k: number, persistence: number): Int32Array {
  const attractions = utilities.map(logistic);
  const rank = attractions.map((a, item) => (1 - persistence) / a + persistence * satisfactions[item]!);
  const order = Int32Array.from(utilities.keys()).filter((item) => utilities[item] !== Number.NEGATIVE_INFINITY);
  order.sort((a, b) => rank[a]! - rank[b]! || a - b);
  const values = new Float64Array(k + 1);
  const taken = new Uint8Array(order.length * (k + 1));
  for (let i = order.length - 1; i >= 0; i--) {
    const item = order[i]!;
    const own = attractions[item]!;
    const going = persistence * (1 - own * satisfactions[item]!);
    for (let left = k; left >= 1; left--) {
      const value = own + going * values[left - 1]!;
      if (value <= values[left]!) continue;
      values[left] = value;
      taken[i * (k + 1) + left] = 1;
    }
  }
  const best: number[] = [];
  for (let i = 0; i < order.length && best.length < k; i++) {
    if (taken[i * (k + 1) + k - best.length] === 1) best.push(order[i]!);
  }
  return Int32Array.from(best);
}
