import type { Random, Slate } from "@sequitur/core";
import { z } from "zod";
import { learningOf, liveScorer } from "./live-scorer.js";
import { conditionalProbabilities, positionProbabilities } from "./plackett-luce.js";
import { checkSlateRequest, type PolicyKind } from "./policy-kind.js";

const softmaxConfig = z.strictObject({
  temperature: z.number().positive().max(1e6).default(1).describe("divides the scores; the lower, the greedier"),
});
export type SoftmaxConfig = z.infer<typeof softmaxConfig>;

/**
 * Plackett-Luce over exp(score / temperature): items drawn one after another without replacement. Conditionals are
 * exact, propensities exact to the quadrature's 1e-9. Time O(n k) a query for about 200 nodes.
 */
export const softmax: PolicyKind<SoftmaxConfig> = {
  name: "softmax",
  needs: "model",
  config: softmaxConfig,
  make(parts, { temperature }) {
    const scorer = liveScorer(parts);
    const count = parts.catalog.items.size;
    return {
      name: parts.name,
      slates(batch, k, { candidates, random }) {
        checkSlateRequest(k, candidates, parts.catalog);
        const columns = candidates?.length ?? count;
        const scores = scorer.score(batch, candidates);
        return Array.from({ length: batch.size }, (_, b) => {
          const row = scores.subarray(b * columns, (b + 1) * columns);
          return drawSlate(row, candidates, k, temperature, random.fork(b));
        });
      },
      ...learningOf(scorer),
    };
  },
};

function drawSlate(
  scores: Float32Array,
  candidates: Int32Array | undefined,
  k: number,
  temperature: number,
  random: Random,
): Slate {
  const places = Int32Array.from(scores.keys()).filter((place) => !Number.isNaN(scores[place]!));
  const logWeights = Float64Array.from(places, (place) => scores[place]! / temperature);
  // The first arrivals of the race: log arrival time = log Exp(1) - log w.
  const arrivals = logWeights.map((logWeight) => Math.log(-Math.log1p(-random.uniform())) - logWeight);
  const shown = firstOf(arrivals, Math.min(k, places.length));
  return {
    items: shown.map((place) => (candidates ? candidates[places[place]!]! : places[place]!)),
    propensities: positionProbabilities(logWeights, shown),
    conditionals: conditionalProbabilities(logWeights, shown),
  };
}

/** Places of the `size` smallest values, ascending. */
function firstOf(values: Float64Array, size: number): Int32Array {
  const kept: number[] = [];
  for (const [place, value] of values.entries()) {
    if (kept.length === size && value >= values[kept[size - 1]!]!) continue;
    let at = kept.length;
    while (at > 0 && values[kept[at - 1]!]! > value) at--;
    kept.splice(at, 0, place);
    if (kept.length > size) kept.pop();
  }
  return Int32Array.from(kept);
}
