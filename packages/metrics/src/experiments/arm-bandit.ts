import { PlatformError } from "@sequitur/core";
import { checkPositive, checkWhole } from "./check-number.js";

/**
 * A bandit over the arms of an experiment: traffic moves to the arm that does best, by inverse gap weighting (SquareCB,
 * Foster & Rakhlin 2020) on the arms' mean rewards in each context. Probabilities have a closed form, so they are logged
 * exactly, and none is 0, so every arm can be estimated from the log.
 */
export interface BanditPlan {
  readonly arms: number;
  /** Kinds of requests that are learned apart, such as countries; 1 where all are one. */
  readonly contexts: number;
  /** Requests that it is planned for. */
  readonly horizon: number;
}

/** What is known of one arm in one context. */
export interface ArmTotals {
  /** Rewards that are known. */
  readonly count: number;
  /** Their sum; each is in [0, 1]. */
  readonly sum: number;
}

/**
 * (K) P(arm) in one context: 1 / (K + g gap) for an arm whose mean is `gap` below the best, the rest to the best (the
 * first among equals), with g = `gapWeight(plan)`. An arm without rewards counts as 1/2, so that it is tried.
 */
export function armProbabilities(totals: readonly ArmTotals[], plan: BanditPlan): Float64Array {
  if (totals.length !== plan.arms) {
    throw new PlatformError("bad-data", `totals must be of ${plan.arms} arms, got ${totals.length}.`);
  }
  const means = totals.map(({ count, sum }) => (count > 0 ? sum / count : 0.5));
  const badMean = means.find((mean) => !(mean >= 0 && mean <= 1));
  if (badMean !== undefined)
    throw new PlatformError("bad-data", `rewards must be in [0, 1], got a mean of ${badMean}.`);
  let best = 0;
  for (const [arm, mean] of means.entries()) if (mean > means[best]!) best = arm;
  const weight = gapWeight(plan);
  const probabilities = Float64Array.from(means, (mean) => 1 / (plan.arms + weight * (means[best]! - mean)));
  probabilities[best] = 0;
  probabilities[best] = 1 - probabilities.reduce((sum, probability) => sum + probability, 0);
  return probabilities;
}

/** How much a gap counts: sqrt(32 T / (M (2 + ln T))), which makes the bound below smallest. */
export function gapWeight({ contexts, horizon }: BanditPlan): number {
  checkWhole("contexts", contexts, 1);
  checkPositive("horizon", horizon);
  return Math.sqrt((32 * horizon) / (contexts * (2 + Math.log(horizon))));
}

/**
 * A bound on the expected regret, in rewards: the sum over T requests of (the best arm's mean in the context - that of
 * the arm drawn). With K arms, M contexts and at most D rewards of an arm not known yet at any time it is
 * 2 K T / g + g M K (2 + D + ln T) / 16: the inequality of inverse gap weighting (their Lemma 3), and squared errors of a
 * mean of n rewards in [0, 1] of at most 1 / (4 n). For D = 0 it is K sqrt(M T (2 + ln T) / 2).
 */
export function banditRegretBound(plan: BanditPlan, unknown = 0): number {
  const { arms, contexts, horizon } = plan;
  checkWhole("arms", arms, 2);
  const weight = gapWeight(plan);
  const errors = (contexts * arms * (2 + unknown + Math.log(horizon))) / 4;
  return (2 * arms * horizon) / weight + (weight * errors) / 4;
}
