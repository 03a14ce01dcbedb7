import type { Slate } from "@sequitur/core";
import { z } from "zod";
import { greedy } from "./greedy.js";
import { learningOf } from "./live-scorer.js";
import type { PolicyKind } from "./policy-kind.js";
import { randomPolicy } from "./random-policy.js";

const epsilonGreedyConfig = z.strictObject({
  epsilon: z.number().min(0).max(1).default(0.1).describe("probability that a whole slate is drawn uniformly"),
});
export type EpsilonGreedyConfig = z.infer<typeof epsilonGreedyConfig>;

/**
 * The greedy slate, or with probability epsilon a uniform one. A whole slate is drawn, not single positions, so that
 * P(item at position) = (1 - epsilon) [the greedy slate has it there] + epsilon / n is exact.
 */
export const epsilonGreedy: PolicyKind<EpsilonGreedyConfig> = {
  name: "epsilon-greedy",
  needs: "model",
  config: epsilonGreedyConfig,
  make(parts, { epsilon }) {
    const best = greedy.make(parts, {});
    const any = randomPolicy.make(parts, {});
    return {
      name: parts.name,
      slates(batch, k, options) {
        const greedySlates = best.slates(batch, k, options);
        const uniformSlates = any.slates(batch, k, { ...options, random: options.random.fork("uniform") });
        const count = options.candidates?.length ?? parts.catalog.items.size;
        return greedySlates.map((wanted, b) => {
          const explores = options.random.fork(b).uniform() < epsilon;
          return withPropensities(explores ? uniformSlates[b]! : wanted, wanted, epsilon, count);
        });
      },
      ...learningOf(best),
    };
  },
};

/** conditionals: P(item | those above) by Bayes, as long as what is above agrees with the greedy slate. */
function withPropensities({ items }: Slate, wanted: Slate, epsilon: number, count: number): Slate {
  const propensities = new Float64Array(items.length);
  const conditionals = new Float64Array(items.length);
  let [asGreedy, asUniform] = [1 - epsilon, epsilon];
  for (const [position, item] of items.entries()) {
    const agrees = wanted.items[position] === item;
    propensities[position] = (agrees ? 1 - epsilon : 0) + epsilon / count;
    const before = asGreedy + asUniform;
    asGreedy = agrees ? asGreedy : 0;
    asUniform /= count - position;
    conditionals[position] = (asGreedy + asUniform) / before;
  }
  return { items, propensities, conditionals };
}
