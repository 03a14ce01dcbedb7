import { PlatformError } from "@sequitur/core";
import { checkPositive } from "../experiments/check-number.js";
import { lossOf } from "./importance-sampling.js";
import { checkLog, type LoggedBandit, type RewardPredictions } from "./logged-bandit.js";
import { importanceWeights, wholeEstimate, type EstimateParts, type OffPolicyEstimate } from "./off-policy-estimate.js";

/**
 * The direct method: mean of sum over a of P(a) q(a), the reward model's word alone. Little variance, and all of the
 * model's bias, which no interval shows.
 */
export function directMethod(log: LoggedBandit): OffPolicyEstimate {
  return wholeEstimate(directMethodParts(log));
}

export function directMethodParts(log: LoggedBandit): EstimateParts {
  const { expected } = checkedPredictions(log, "direct-method");
  return { estimator: "direct-method", contributions: expected };
}

/**
 * Doubly robust (Dudik, Langford & Li 2011): mean of sum over a of P(a) q(a) + w (r - q(logged action)). Unbiased if
 * the propensities are right, whatever the model; also if the model is right, whatever the propensities.
 */
export function doublyRobust(log: LoggedBandit): OffPolicyEstimate {
  return wholeEstimate(doublyRobustParts(log));
}

export function doublyRobustParts(log: LoggedBandit): EstimateParts {
  const predictions = checkedPredictions(log, "doubly-robust");
  const weights = importanceWeights(log.evaluation, log.propensities);
  const contributions = corrected(log, predictions, weights);
  return { estimator: "doubly-robust", contributions, weights };
}

/**
 * SWITCH-DR (Wang, Agarwal & Dudik 2017): doubly robust where w <= `threshold`, above 0, and the model alone in the rows
 * beyond: mean of sum over a of P(a) q(a) + w [w <= threshold] (r - q). Threshold 0 would be the direct method, infinity
 * doubly robust. A warning tells how much weight was left to the model.
 */
export function switchDr(log: LoggedBandit, options: { readonly threshold: number }): OffPolicyEstimate {
  return wholeEstimate(switchDrParts(log, options));
}

export function switchDrParts(log: LoggedBandit, options: { readonly threshold: number }): EstimateParts {
  const predictions = checkedPredictions(log, "switch-dr");
  checkPositive("threshold", options.threshold);
  const weights = importanceWeights(log.evaluation, log.propensities);
  const kept = weights.map((weight) => (weight <= options.threshold ? weight : 0));
  const contributions = corrected(log, predictions, kept);
  const loss = lossOf(weights, kept, `the model stands alone for weights above ${options.threshold}`);
  return { estimator: "switch-dr", contributions, weights, loss };
}

function corrected({ rewards }: LoggedBandit, predictions: RewardPredictions, weights: Float64Array): Float64Array {
  const { expected, logged } = predictions;
  return rewards.map((reward, row) => expected[row]! + weights[row]! * (reward - logged[row]!));
}

function checkedPredictions(log: LoggedBandit, estimator: string): RewardPredictions {
  checkLog(log);
  if (log.predictions !== undefined) return log.predictions;
  throw new PlatformError("bad-data", `${estimator} needs the predictions of a reward model in the log, got none.`);
}
