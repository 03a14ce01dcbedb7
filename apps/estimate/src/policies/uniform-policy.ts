import type { EvaluatedPolicy } from "./evaluated-policy.js";

/** Every item alike, without repeats in a slate: P(item at position) = 1 / N, P(item | items above) = 1 / (N - above). */
export function uniformPolicy(items: number): EvaluatedPolicy {
  return {
    name: "random",
    basis: `exact, 1 of ${items} items`,
    hasConditionals: true,
    hasDistribution: true,
    evaluate: ({ positions }) => ({
      marginals: new Float64Array(positions.length).fill(1 / items),
      conditionals: Float64Array.from(positions, (position) => 1 / Math.max(1, items - position)),
      distribution: (_, out) => void out.fill(1 / items),
    }),
  };
}
