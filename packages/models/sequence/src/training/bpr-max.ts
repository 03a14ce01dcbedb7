import { tf, type PairScores } from "@sequitur/nn";

/** Keeps the logarithm finite where a target scores far below every negative. */
const TINY = 1e-12;

/**
 * BPR-max: -ln sum_k w_k sigma(s+ - s-_k) + penalty sum_k w_k (s-_k)^2, w = softmax of the negatives' scores: the target
 * is compared with the hardest negatives (Hidasi & Karatzoglou 2018, eq. 9). The mean over valid rows, 0 for none.
 */
export function bprMaxLoss({ positive, negatives, valid }: PairScores, penalty: number): tf.Scalar {
  const weights = tf.softmax(negatives);
  const wins = tf.sum(tf.mul(weights, tf.sigmoid(tf.sub(tf.expandDims(positive, 1), negatives))), 1);
  const squares = tf.sum(tf.mul(weights, tf.square(negatives)), 1);
  const losses = tf.sub(tf.mul(squares, penalty), tf.log(tf.add(wins, TINY)));
  if (valid === undefined) return tf.mean(losses);
  return tf.div(tf.sum(tf.mul(losses, valid)), tf.maximum(tf.sum(valid), 1));
}
