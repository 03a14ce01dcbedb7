import { clickAt, largest, type ClickModel, type SeenSlate } from "./click-model.js";

/**
 * Multinomial choice among the shown items and "no click" (the slate likelihood of Eide, Leslie & Frigessi 2022): at most
 * one click, P(k) = exp(u_k) / (1 + sum_j exp(u_j)). Position has no effect.
 */
export const multinomial: ClickModel = {
  name: "multinomial",
  probabilities(out, slate) {
    const total = weights(out, slate);
    for (let k = 0; k < slate.size; k++) out[k]! /= total;
  },
  best: (utilities, _satisfactions, k) => largest(utilities, k),
  draw(out, slate, random) {
    out.fill(0);
    const chances = new Float64Array(slate.size);
    const total = weights(chances, slate);
    // No click comes first: arms that share the draw then differ only where their slates do.
    let rest = random.uniform() * total - noClick(slate);
    if (rest < 0) return false;
    let last = -1;
    for (let k = 0; k < slate.size; k++) {
      if (chances[k] === 0) continue;
      last = k;
      rest -= chances[k]!;
      if (rest < 0) break;
    }
    return last >= 0 && clickAt(out, slate, last, random);
  },
};

/** Weights scaled by the largest, that of no click included, so that nothing overflows; gives their sum with it. */
function weights(out: Float64Array, slate: SeenSlate): number {
  const top = highest(slate);
  let total = Math.exp(-top);
  for (let k = 0; k < slate.size; k++) {
    out[k] = Math.exp(slate.utilities[k]! - top);
    total += out[k]!;
  }
  return total;
}

function noClick(slate: SeenSlate): number {
  return Math.exp(-highest(slate));
}

function highest({ size, utilities }: SeenSlate): number {
  let top = 0;
  for (let k = 0; k < size; k++) top = Math.max(top, utilities[k]!);
  return top;
}
