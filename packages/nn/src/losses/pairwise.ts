import { PlatformError } from "@sequitur/core";
import { tf } from "../tensors.js";

/**
 * Scores that a loss compares: of the true item (M) and of sampled others (M, K), such as `scoreRows` gives. `valid` (M)
 * is 1 where a row counts and 0 at padding; every row when absent. Each loss is the mean over valid rows, 0 for none.
 */
export interface PairScores {
  readonly positive: tf.Tensor1D;
  readonly negatives: tf.Tensor2D;
  readonly valid?: tf.Tensor1D;
  /** (M, K) 1 where a negative counts, 0 where it is padding or the true item; every one when absent. */
  readonly usable?: tf.Tensor2D;
}

/** BPR: -(1/K) sum_k ln sigma(s+ - s-_k), K those that count (Rendle et al. 2009, without its regulariser). */
export function bprLoss({ positive, negatives, valid, usable }: PairScores): tf.Scalar {
  const terms = tf.softplus(tf.sub(negatives, tf.expandDims(positive, 1)));
  if (usable === undefined) return meanOfRows(tf.mean(terms, 1), valid);
  return meanOfRows(tf.div(tf.sum(tf.mul(terms, usable), 1), tf.maximum(tf.sum(usable, 1), 1)), valid);
}

/** BCE: -(ln sigma(s+) + sum_k ln(1 - sigma(s-_k))) / (1 + K) (SASRec, Kang & McAuley 2018, averaged over its terms). */
export function bceLoss(scores: PairScores): tf.Scalar {
  return weighedBce(scores, 1);
}

export interface GbceOptions {
  /** Items that negatives are drawn from: N - 1, with the true one left out. */
  readonly population: number;
  /** t in [0, 1]: 0 is plain BCE, 1 fully corrects for the sampling. Default 0.75. */
  readonly calibration?: number;
}

/**
 * gBCE: -(beta ln sigma(s+) + sum_k ln(1 - sigma(s-_k))) / (1 + K), beta = a (t (1 - 1/a) + 1/a), a = K / population
 * (gSASRec, Petrov & Macdonald 2023).
 */
export function gbceLoss(scores: PairScores, options: GbceOptions): tf.Scalar {
  return weighedBce(scores, gbcePower(scores.negatives.shape[1], options));
}

/** beta of gBCE for K negatives. */
export function gbcePower(negatives: number, { population, calibration = 0.75 }: GbceOptions): number {
  const share = negatives / population;
  if (!(population > 0 && share > 0 && calibration >= 0 && calibration <= 1)) {
    throw new PlatformError(
      "bad-config",
      `gBCE needs a positive population and a calibration in [0, 1], got ${population} and ${calibration}.`,
    );
  }
  return share * (calibration * (1 - 1 / share) + 1 / share);
}

/** BCE with ln sigma(s+) taken beta times. */
export function weighedBce({ positive, negatives, valid, usable }: PairScores, beta: number): tf.Scalar {
  const pushes = tf.softplus(negatives);
  const pushed = tf.sum(usable === undefined ? pushes : tf.mul(pushes, usable), 1);
  const terms = tf.add(tf.mul(tf.softplus(tf.neg(positive)), beta), pushed);
  return meanOfRows(tf.div(terms, 1 + negatives.shape[1]), valid);
}

function meanOfRows(losses: tf.Tensor, valid: tf.Tensor1D | undefined): tf.Scalar {
  if (valid === undefined) return tf.mean(losses);
  return tf.div(tf.sum(tf.mul(losses, valid)), tf.maximum(tf.sum(valid), 1));
}
