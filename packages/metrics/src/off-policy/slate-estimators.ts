import { NONE } from "@sequitur/core";
import { checkColumn } from "./check-column.js";
import { checkSlates, positionWeights, type LoggedSlates, type SlatePropensities } from "./logged-slates.js";
import { wholeEstimate, type EstimateParts, type OffPolicyEstimate } from "./off-policy-estimate.js";

/** The mean reward of the logged slates: the value of the logging policy. The baseline to beat. */
export function naiveSlateMean(log: LoggedSlates): OffPolicyEstimate {
  return wholeEstimate(naiveSlateParts(log));
}

export function naiveSlateParts(log: LoggedSlates): EstimateParts {
  checkSlates(log);
  return { estimator: "naive", contributions: slateRewards(log) };
}

/**
 * IPS over whole slates: mean of (product over k of w_k) (sum over k of r_k). `conditional` are the probabilities of each
 * item given the items above it. Unbiased however rewards depend on the slate; its weights grow like a power of K.
 */
export function slateIps(log: LoggedSlates, conditional: SlatePropensities): OffPolicyEstimate {
  return wholeEstimate(slateIpsParts(log, conditional));
}

export function slateIpsParts(log: LoggedSlates, conditional: SlatePropensities): EstimateParts {
  checkSlates(log);
  const weights = wholeWeights(log, cumulativeWeights(log, conditional));
  const contributions = slateRewards(log).map((reward, row) => reward * weights[row]!);
  return { estimator: "slate-ips", contributions, weights };
}

/**
 * Item-position IPS (Li, Abbasi-Yadkori, Kveton, Muthukrishnan, Vinay & Wen 2018): mean of sum over k of w_k r_k, w_k from
 * the `marginal` probabilities of the item at its position. Unbiased if the reward of an item depends on the item and
 * its position only, not on the rest of the slate.
 */
export function itemPositionIps(log: LoggedSlates, marginal: SlatePropensities): OffPolicyEstimate {
  return wholeEstimate(itemPositionIpsParts(log, marginal));
}

export function itemPositionIpsParts(log: LoggedSlates, marginal: SlatePropensities): EstimateParts {
  checkSlates(log);
  const ratios = positionWeights(log, marginal);
  const weights = ratios.filter((_, place) => log.items[place] !== NONE);
  const contributions = bySlate(log, (place) => ratios[place]! * log.rewards[place]!);
  return { estimator: "iips", contributions, weights };
}

/**
 * Reward-interaction IPS (McInerney, Brost, Chandar, Mehrotra & Carterette 2020), not self-normalised: mean of sum over k of
 * (product over j <= k of w_j) r_k, w from the `conditional` probabilities given the items above. Unbiased if a reward
 * depends on the item and on what stands above it (cascade), not below.
 */
export function rewardInteractionIps(log: LoggedSlates, conditional: SlatePropensities): OffPolicyEstimate {
  return wholeEstimate(rewardInteractionIpsParts(log, conditional));
}

export function rewardInteractionIpsParts(log: LoggedSlates, conditional: SlatePropensities): EstimateParts {
  checkSlates(log);
  const products = cumulativeWeights(log, conditional);
  const contributions = bySlate(log, (place) => products[place]! * log.rewards[place]!);
  return { estimator: "rips", contributions, ...wholeDiagnosed(log, products) };
}

/** A model of Q_k: the rewards to come from position k on, when the evaluation policy fills the positions after k. */
export interface CascadePredictions {
  /** (n, K) Q_k of the logged items up to and with k. */
  readonly logged: Float64Array;
  /** (n, K) mean of Q_k over the evaluation policy's items at k, given the logged items above. */
  readonly expected: Float64Array;
}

/**
 * Cascade doubly robust (Kiyohara, Saito, Matsuhiro, Narita, Shimizu & Yamamoto 2022): mean of sum over k of
 * W_k (r_k - Q_k(logged)) + W_(k-1) E[Q_k], W_k the product of the `conditional` weights up to k, W_0 = 1. Under the
 * cascade assumption unbiased if the propensities are right, whatever the model; the better the model, the less variance.
 */
export function cascadeDoublyRobust(
  log: LoggedSlates,
  conditional: SlatePropensities,
  predictions: CascadePredictions,
): OffPolicyEstimate {
  return wholeEstimate(cascadeDoublyRobustParts(log, conditional, predictions));
}

export function cascadeDoublyRobustParts(
  log: LoggedSlates,
  conditional: SlatePropensities,
  predictions: CascadePredictions,
): EstimateParts {
  checkSlates(log);
  const { items, rewards, length } = log;
  checkColumn("predictions.logged", predictions.logged, items.length, "finite", Number.isFinite);
  checkColumn("predictions.expected", predictions.expected, items.length, "finite", Number.isFinite);
  const products = cumulativeWeights(log, conditional);
  const contributions = bySlate(log, (place) => {
    const before = place % length === 0 ? 1 : products[place - 1]!;
    return products[place]! * (rewards[place]! - predictions.logged[place]!) + before * predictions.expected[place]!;
  });
  return { estimator: "cascade-dr", contributions, ...wholeDiagnosed(log, products) };
}

/** (n) reward of each slate. */
export function slateRewards(log: LoggedSlates): Float64Array {
  return bySlate(log, (place) => log.rewards[place]!);
}

/** (n) sums over the shown positions of a slate. */
function bySlate({ items, length }: LoggedSlates, valueAt: (place: number) => number): Float64Array {
  const sums = new Float64Array(items.length / length);
  for (let place = 0; place < items.length; place++) {
    if (items[place] !== NONE) sums[Math.floor(place / length)]! += valueAt(place);
  }
  return sums;
}

/** (n, K) product of the weights up to each position. */
function cumulativeWeights(log: LoggedSlates, conditional: SlatePropensities): Float64Array {
  const products = positionWeights(log, conditional);
  for (let place = 0; place < products.length; place++) {
    if (place % log.length !== 0) products[place]! *= products[place - 1]!;
  }
  return products;
}

/** (n) weight of each whole slate. */
function wholeWeights({ length }: LoggedSlates, products: Float64Array): Float64Array {
  return Float64Array.from({ length: products.length / length }, (_, row) => products[(row + 1) * length - 1]!);
}

/** The weights of whole slates, the heaviest that the estimate uses; they may all be 0 where the first are not. */
function wholeDiagnosed(log: LoggedSlates, products: Float64Array) {
  return { weights: wholeWeights(log, products), overlaps: products.some((weight) => weight > 0) };
}
