import { PlatformError, type Random, type Ranking, type Slate } from "@sequitur/core";
import type { Policy } from "@sequitur/recommender";

/** What a request or an arm may ask for. */
export type PolicyChoice =
  | { readonly kind: "greedy" }
  | { readonly kind: "softmax"; readonly temperature: number }
  | { readonly kind: "epsilon-greedy"; readonly epsilon: number }
  | PosteriorChoice;

/** Policies that draw from the posterior of the model, in place of ordering its ranking. */
export interface PosteriorChoice {
  readonly kind: "thompson" | "in-slate-thompson";
}

export function drawsFromPosterior(choice: PolicyChoice): choice is PosteriorChoice {
  return choice.kind === "thompson" || choice.kind === "in-slate-thompson";
}

/**
 * The policy of a choice. All draw one position after another without putting back, and the propensity of a position is
 * P(this item here | the items above it), exact; their product is the probability of the whole slate.
 */
export function policyOf(choice: Exclude<PolicyChoice, PosteriorChoice>): Policy {
  if (choice.kind === "greedy") return { name: "greedy", slate: greedySlate };
  if (choice.kind === "softmax") return softmaxPolicy(choice.temperature);
  return epsilonGreedyPolicy(choice.epsilon);
}

function greedySlate(ranking: Ranking, k: number): Slate {
  const items = ranking.items.slice(0, k);
  return { items, propensities: new Float64Array(items.length).fill(1) };
}

/**
 * Plackett-Luce: the next item i is drawn from those left with P(i) = exp(z_i / temperature) / sum_j exp(z_j / temperature),
 * z the scores standardised over the ranking, so that a temperature means the same for every model.
 */
function softmaxPolicy(temperature: number): Policy {
  if (!(temperature > 0)) {
    throw new PlatformError("bad-config", `temperature must be positive, got ${temperature}.`);
  }
  return {
    name: "softmax",
    slate(ranking, k, random) {
      const logits = standardised(ranking.scores).map((z) => z / temperature);
      const highest = Math.max(...logits);
      const weights = logits.map((logit) => Math.exp(logit - highest));
      return drawSlate(ranking, k, random, (left) => {
        const total = left.reduce((sum, at) => sum + weights[at]!, 0);
        // Far below the best, weights vanish; when only such are left they share alike.
        return total > 0 ? left.map((at) => weights[at]! / total) : left.map(() => 1 / left.length);
      });
    },
  };
}

/** With probability epsilon any of the items left, all alike, else the best of them. */
function epsilonGreedyPolicy(epsilon: number): Policy {
  if (!(epsilon >= 0 && epsilon <= 1)) {
    throw new PlatformError("bad-config", `epsilon must be in [0, 1], got ${epsilon}.`);
  }
  return {
    name: "epsilon-greedy",
    slate: (ranking, k, random) =>
      drawSlate(ranking, k, random, (left) =>
        left.map((_, place) => epsilon / left.length + (place === 0 ? 1 - epsilon : 0)),
      ),
  };
}

/** Draws positions one by one; `chances` gives P of each place that is left, best first. */
function drawSlate(ranking: Ranking, k: number, random: Random, chances: (left: number[]) => number[]): Slate {
  const left = [...ranking.items.keys()];
  const length = Math.min(k, left.length);
  const items = new Int32Array(length);
  const propensities = new Float64Array(length);
  for (let position = 0; position < length; position++) {
    const probabilities = chances(left);
    const drawn = drawIndex(probabilities, random);
    items[position] = ranking.items[left[drawn]!]!;
    // A sum of shares may round to a little above one.
    propensities[position] = Math.min(1, probabilities[drawn]!);
    left.splice(drawn, 1);
  }
  return { items, propensities };
}

function drawIndex(probabilities: readonly number[], random: Random): number {
  let rest = random.uniform();
  for (let at = 0; at < probabilities.length; at++) {
    rest -= probabilities[at]!;
    if (rest < 0) return at;
  }
  // Rounding may leave a crumb above the last one that could be drawn.
  return probabilities.findLastIndex((probability) => probability > 0);
}

/** Scores minus their mean over their standard deviation; all 0 when they are equal. */
function standardised(scores: Float32Array): number[] {
  const values = Array.from(scores);
  const mean = values.reduce((sum, score) => sum + score, 0) / Math.max(1, values.length);
  const variance = values.reduce((sum, score) => sum + (score - mean) ** 2, 0) / Math.max(1, values.length);
  const deviation = Math.sqrt(variance);
  return values.map((score) => (deviation > 0 ? (score - mean) / deviation : 0));
}
