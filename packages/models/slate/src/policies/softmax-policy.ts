import { maxOf, minOf, type QueryBatch, type Random, type Slate } from "@sequitur/core";
import { boostedScorer } from "@sequitur/recommender";
import { z } from "zod";
import { learningOf, liveScorer } from "./live-scorer.js";
import { conditionalProbabilities, positionProbabilities } from "./plackett-luce.js";
import type { PolicyKind } from "./policy-kind.js";
import { ruledSlates, type FreeChoice } from "./ruled-slates.js";

/** Among more items than this the propensities are left unknown: they would cost more than the ranking. */
const MOST_ITEMS = 10_000;

const softmaxConfig = z.strictObject({
  temperature: z
    .number()
    .min(1e-4)
    .max(1e6)
    .default(1)
    .describe("divides the standardised scores; the lower, the greedier"),
});
export type SoftmaxConfig = z.infer<typeof softmaxConfig>;

/**
 * Plackett-Luce over exp(z / temperature): items drawn one after another without replacement. z is the score minus the
 * mean over the standard deviation of the scores of all items that may be shown, so that a temperature means the same
 * for every model. Conditionals are exact, propensities exact to the quadrature's 1e-9, in time O(n k) a query for about
 * 200 nodes; above 10,000 items and under caps they are unknown.
 */
export const softmax: PolicyKind<SoftmaxConfig> = {
  name: "softmax",
  needs: "model",
  config: softmaxConfig,
  make(parts, { temperature }) {
    const scorer = liveScorer(parts);
    return {
      name: parts.name,
      slates: ruledSlates(parts.catalog, (batch: QueryBatch, k, choice) => {
        const { candidates, count, random } = choice;
        const scores = boostedScorer(scorer, choice.boost).score(batch, candidates);
        return Array.from({ length: batch.size }, (_, b) => {
          const row = scores.subarray(b * count, (b + 1) * count);
          return drawSlate(row, k, temperature, choice, random.fork(b));
        });
      }),
      ...learningOf(scorer),
    };
  },
};

function drawSlate(scores: Float32Array, k: number, temperature: number, choice: FreeChoice, random: Random): Slate {
  const { candidates, caps, propensities: wanted } = choice;
  const places = Int32Array.from(scores.keys()).filter((place) => !Number.isNaN(scores[place]!));
  const itemAt = (place: number): number => (candidates ? candidates[places[place]!]! : places[place]!);
  const logWeights = standardised(Float64Array.from(places, (place) => scores[place]!)).map((z) => z / temperature);
  // The first arrivals of the race: log arrival time = log Exp(1) - log w.
  const arrivals = logWeights.map((logWeight) => Math.log(-Math.log1p(-random.uniform())) - logWeight);
  const size = Math.min(k, places.length);
  const shown = caps === undefined ? firstOf(arrivals, size) : cappedOf(arrivals, size, itemAt, caps());
  const isKnown = wanted && caps === undefined && places.length <= MOST_ITEMS;
  return {
    items: shown.map(itemAt),
    kind: shown.length === 0 ? "unknown" : "exact",
    propensities: isKnown ? positionProbabilities(logWeights, shown) : new Float64Array(shown.length).fill(Number.NaN),
    conditionals: conditionalProbabilities(logWeights, shown, leftUnder(choice, itemAt)),
  };
}

/** Scores minus their mean, divided by their standard deviation; all 0 when they are equal. Infinite ones count as the nearest finite. */
export function standardised(scores: Float64Array): Float64Array {
  const finite = scores.filter(Number.isFinite);
  const largest = finite.reduce((most, score) => Math.max(most, Math.abs(score)), 0) || 1;
  // Scaled first, so that squares neither overflow nor vanish.
  const mean = finite.reduce((sum, score) => sum + score / largest, 0) / Math.max(1, finite.length);
  const variance = finite.reduce((sum, score) => sum + (score / largest - mean) ** 2, 0) / Math.max(1, finite.length);
  const deviation = Math.sqrt(variance);
  const [least, most] = [minOf(finite), maxOf(finite)];
  return scores.map((score) => {
    const bounded = Number.isFinite(score) ? score : score > 0 ? most : least;
    return deviation > 1e-12 ? (bounded / largest - mean) / deviation : 0;
  });
}

/** What may still be drawn once the items at some places stand: a test of places, absent without caps. */
function leftUnder({ caps }: FreeChoice, itemAt: (place: number) => number) {
  if (caps === undefined) return undefined;
  return (above: Int32Array): ((place: number) => boolean) => {
    const counter = caps();
    for (const place of above) counter.take(itemAt(place));
    return (place) => counter.fits(itemAt(place));
  };
}

/** Places of the first arrivals that the caps let in. */
function cappedOf(
  arrivals: Float64Array,
  size: number,
  itemAt: (place: number) => number,
  caps: { fits(item: number): boolean; take(item: number): void },
): Int32Array {
  const kept: number[] = [];
  for (const place of firstOf(arrivals, arrivals.length)) {
    if (kept.length === size) break;
    if (!caps.fits(itemAt(place))) continue;
    caps.take(itemAt(place));
    kept.push(place);
  }
  return Int32Array.from(kept);
}

/** Places of the `size` smallest values, ascending. */
function firstOf(values: Float64Array, size: number): Int32Array {
  if (size > 100)
    return Int32Array.from(values.keys())
      .sort((a, b) => values[a]! - values[b]!)
      .slice(0, size);
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
