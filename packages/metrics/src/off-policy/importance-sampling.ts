import { checkPositive } from "../experiments/check-number.js";
import { checkLog, type LoggedBandit } from "./logged-bandit.js";
import { importanceWeights, offPolicyEstimate, type OffPolicyEstimate } from "./off-policy-estimate.js";

/** The mean logged reward: the value of the logging policy, and no estimate of another one. The baseline to beat. */
export function naiveMean(log: LoggedBandit): OffPolicyEstimate {
  checkLog(log);
  return offPolicyEstimate({ estimator: "naive", contributions: log.rewards });
}

/**
 * Inverse propensity scoring (Horvitz & Thompson 1952): mean of w r, w = evaluation / propensity. Unbiased where the
 * propensities are right and above 0 wherever the evaluation policy's are; its variance grows with the weights.
 */
export function ips(log: LoggedBandit): OffPolicyEstimate {
  checkLog(log);
  const weights = importanceWeights(log.evaluation, log.propensities);
  return offPolicyEstimate({ estimator: "ips", contributions: times(weights, log.rewards), weights });
}

/**
 * IPS with weights cut at `maxWeight`, above 0 (Ionides 2008): mean of min(w, c) r. Less variance, biased towards 0 for
 * rewards above 0 by at most the mean weight cut off times the largest reward, of which a warning tells.
 */
export function clippedIps(log: LoggedBandit, options: { readonly maxWeight: number }): OffPolicyEstimate {
  checkLog(log);
  checkPositive("maxWeight", options.maxWeight);
  const weights = importanceWeights(log.evaluation, log.propensities);
  const clipped = weights.map((weight) => Math.min(weight, options.maxWeight));
  const warnings = lossOf(weights, clipped, `weights above ${options.maxWeight} were cut`);
  return offPolicyEstimate({ estimator: "clipped-ips", contributions: times(clipped, log.rewards), weights, warnings });
}

/**
 * Self-normalised IPS (Swaminathan & Joachims 2015): sum of w r / sum of w. Within the range of the rewards, unchanged by a
 * constant factor of the weights; a bias that falls as 1 / n, mostly for much less variance.
 */
export function snips(log: LoggedBandit): OffPolicyEstimate {
  checkLog(log);
  const weights = importanceWeights(log.evaluation, log.propensities);
  const contributions = times(weights, log.rewards);
  return offPolicyEstimate({ estimator: "snips", contributions, denominators: weights, weights });
}

/** A warning with the mean weight that was taken away, where there is any. */
export function lossOf(weights: Float64Array, kept: Float64Array, what: string): readonly string[] {
  let rows = 0;
  let loss = 0;
  for (let row = 0; row < weights.length; row++) {
    if (kept[row] === weights[row]) continue;
    rows++;
    loss += weights[row]! - kept[row]!;
  }
  if (rows === 0) return [];
  return [`${what} in ${rows} rows: ${(loss / weights.length).toPrecision(2)} of the mean weight is gone.`];
}

function times(weights: Float64Array, rewards: Float64Array): Float64Array {
  return weights.map((weight, row) => weight * rewards[row]!);
}
