import { checkPositive } from "../experiments/check-number.js";
import { checkLog, type LoggedBandit } from "./logged-bandit.js";
import {
  importanceWeights,
  wholeEstimate,
  type EstimateParts,
  type OffPolicyEstimate,
  type WeightLoss,
} from "./off-policy-estimate.js";

/** The mean logged reward: the value of the logging policy, and no estimate of another one. The baseline to beat. */
export function naiveMean(log: LoggedBandit): OffPolicyEstimate {
  return wholeEstimate(naiveParts(log));
}

export function naiveParts(log: LoggedBandit): EstimateParts {
  checkLog(log);
  return { estimator: "naive", contributions: log.rewards };
}

/**
 * Inverse propensity scoring (Horvitz & Thompson 1952): mean of w r, w = evaluation / propensity. Unbiased where the
 * propensities are right and above 0 wherever the evaluation policy's are; its variance grows with the weights.
 */
export function ips(log: LoggedBandit): OffPolicyEstimate {
  return wholeEstimate(ipsParts(log));
}

export function ipsParts(log: LoggedBandit): EstimateParts {
  checkLog(log);
  const weights = importanceWeights(log.evaluation, log.propensities);
  return { estimator: "ips", contributions: times(weights, log.rewards), weights };
}

/**
 * IPS with weights cut at `maxWeight`, above 0 (Ionides 2008): mean of min(w, c) r. Less variance, biased towards 0 for
 * rewards above 0 by at most the mean weight cut off times the largest reward, of which a warning tells.
 */
export function clippedIps(log: LoggedBandit, options: { readonly maxWeight: number }): OffPolicyEstimate {
  return wholeEstimate(clippedIpsParts(log, options));
}

export function clippedIpsParts(log: LoggedBandit, options: { readonly maxWeight: number }): EstimateParts {
  checkLog(log);
  checkPositive("maxWeight", options.maxWeight);
  const weights = importanceWeights(log.evaluation, log.propensities);
  const clipped = weights.map((weight) => Math.min(weight, options.maxWeight));
  const loss = lossOf(weights, clipped, `weights above ${options.maxWeight} were cut`);
  return { estimator: "clipped-ips", contributions: times(clipped, log.rewards), weights, loss };
}

/**
 * Self-normalised IPS (Swaminathan & Joachims 2015): sum of w r / sum of w. Within the range of the rewards, unchanged by a
 * constant factor of the weights; a bias that falls as 1 / n, mostly for much less variance. Its interval is that of the
 * ratio; Open Bandit Pipeline keeps the denominator fixed, so its intervals differ.
 */
export function snips(log: LoggedBandit): OffPolicyEstimate {
  return wholeEstimate(snipsParts(log));
}

export function snipsParts(log: LoggedBandit): EstimateParts {
  checkLog(log);
  const weights = importanceWeights(log.evaluation, log.propensities);
  const contributions = times(weights, log.rewards);
  return { estimator: "snips", contributions, denominators: weights, weights };
}

/** The weight that was taken away, in how many rows. */
export function lossOf(weights: Float64Array, kept: Float64Array, what: string): WeightLoss {
  let rows = 0;
  let weight = 0;
  for (let row = 0; row < weights.length; row++) {
    if (kept[row] === weights[row]) continue;
    rows++;
    weight += weights[row]! - kept[row]!;
  }
  return { what, rows, weight };
}

function times(weights: Float64Array, rewards: Float64Array): Float64Array {
  return weights.map((weight, row) => weight * rewards[row]!);
}
