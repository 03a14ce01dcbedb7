import { unknownSlate, type Catalog, type Slate } from "@sequitur/core";
import { z } from "zod";
import { certainSlates } from "./certain-slates.js";
import { learningOf, liveScorer } from "./live-scorer.js";
import type { PolicyKind } from "./policy-kind.js";
import { drawUniform } from "./random-policy.js";
import { everyItem, ruledSlates, type FreeChoice } from "./ruled-slates.js";

const epsilonGreedyConfig = z.strictObject({
  epsilon: z.number().min(0).max(1).default(0.1).describe("probability that a whole slate is drawn uniformly"),
});
export type EpsilonGreedyConfig = z.infer<typeof epsilonGreedyConfig>;

/**
 * The greedy slate, or with probability epsilon a uniform one of its length. A whole slate is drawn, not single
 * positions, so that P(item at position) = (1 - epsilon) [the greedy slate has it there] + epsilon / n is exact. Under
 * caps the conditionals are exact and the propensities unknown.
 */
export const epsilonGreedy: PolicyKind<EpsilonGreedyConfig> = {
  name: "epsilon-greedy",
  needs: "model",
  config: epsilonGreedyConfig,
  make(parts, { epsilon }) {
    const scorer = liveScorer(parts);
    const { catalog } = parts;
    return {
      name: parts.name,
      slates: ruledSlates(catalog, (batch, k, choice) => {
        const uniform = choice.random.fork("uniform");
        return certainSlates(scorer, batch, k, choice).map(({ items: wanted }, b) => {
          const explores = choice.random.fork(b).uniform() < epsilon;
          if (choice.caps !== undefined) {
            const drawn = drawUniform(catalog, k, choice, uniform.fork(b)).items;
            // Caps can end one of the two before the other: then the end itself says which it was.
            if (drawn.length !== wanted.length) return unknownSlate(explores ? drawn : wanted);
            return mixedSlate(explores ? drawn : wanted, wanted, epsilon, cappedLeft(catalog, choice), Number.NaN);
          }
          if (wanted.length === 0) return unknownSlate(wanted);
          const items = explores ? drawUniform(catalog, wanted.length, choice, uniform.fork(b)).items : wanted;
          return mixedSlate(items, wanted, epsilon, (_, position) => choice.count - position, choice.count);
        });
      }),
      ...learningOf(scorer),
    };
  },
};

/** How many items a uniform draw chooses from at a position, given the items above it. */
type Left = (items: Int32Array, position: number) => number;

function cappedLeft(catalog: Catalog, { candidates, caps }: FreeChoice): Left {
  return (items, position) => {
    const counter = caps!();
    const above = items.subarray(0, position);
    for (const item of above) counter.take(item);
    const all = candidates ?? everyItem(catalog);
    return all.reduce((sum, item) => sum + (counter.fits(item) && !above.includes(item) ? 1 : 0), 0);
  };
}

/** Conditionals by Bayes: what stands above says which of the two was drawn. `count` NaN: propensities are unknown. */
function mixedSlate(items: Int32Array, wanted: Int32Array, epsilon: number, left: Left, count: number): Slate {
  const propensities = new Float64Array(items.length);
  const conditionals = new Float64Array(items.length);
  let [asGreedy, asUniform] = [1 - epsilon, epsilon];
  for (const [position, item] of items.entries()) {
    const agrees = wanted[position] === item;
    propensities[position] = (agrees ? 1 - epsilon : 0) + epsilon / count;
    const before = asGreedy + asUniform;
    asGreedy = agrees ? asGreedy : 0;
    asUniform /= left(items, position);
    conditionals[position] = Math.min(1, (asGreedy + asUniform) / before);
  }
  return { items, kind: "exact", propensities, conditionals };
}
