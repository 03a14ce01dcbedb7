import { PlatformError } from "@sequitur/core";
import { checkColumn } from "./check-column.js";

/** A log of single choices, and what the policy under evaluation would have made of the same situations. */
export interface LoggedBandit {
  /** (n) index of the action that was taken, at least 0. */
  readonly actions: Int32Array;
  /** (n) P(the logging policy takes this action | situation), in (0, 1], written when the choice was made. */
  readonly propensities: Float64Array;
  /** (n) what came of it. */
  readonly rewards: Float64Array;
  /** (n) 0-based position of the choice where a log has several; part of the situation. */
  readonly positions?: Int32Array;
  /** (n) P(the evaluation policy takes this action | same situation), in [0, 1]. */
  readonly evaluation: Float64Array;
  /** Needed by the estimators that use a reward model. */
  readonly predictions?: RewardPredictions;
}

/** A reward model q(situation, action), evaluated on a log; not fitted to the very rows that it predicts. */
export interface RewardPredictions {
  /** (n) q of the action that was taken. */
  readonly logged: Float64Array;
  /** (n) mean of q over the actions of the evaluation policy: sum over a of P(a) q(a). */
  readonly expected: Float64Array;
}

/** A policy that can be asked for the probability of every action. */
export interface ActionProbabilities {
  /** A, the number of actions. */
  readonly actions: number;
  /** Writes P(action | situation of the row) into out, (A), sum 1. */
  readonly probabilities: (row: number, out: Float64Array) => void;
}

/** What the evaluation policy covers and the logging policy does not. */
export interface UnsupportedMass {
  /** Mean probability of the evaluation policy on actions that the logging policy never takes; 0 is full support. */
  readonly mean: number;
  /** The largest of one row, and that row. */
  readonly worst: number;
  readonly row: number;
}

const SUM_TOLERANCE = 1e-6;

/** (n) P(the policy takes the logged action): the `evaluation` column of a log. Throws `bad-data` unless each row sums to 1. */
export function probabilitiesOf(actions: Int32Array, policy: ActionProbabilities): Float64Array {
  const all = new Float64Array(policy.actions);
  return Float64Array.from(actions, (action, row) => {
    if (!(action >= 0 && action < policy.actions)) {
      throw new PlatformError("bad-data", `actions must be in [0, ${policy.actions}), got ${action} in row ${row}.`);
    }
    readRow(policy, row, all);
    return all[action]!;
  });
}

/**
 * How much of the evaluation policy no importance weight can reach. Needs the whole logging policy: from the logged
 * propensities alone only the mean weight hints at it.
 */
export function unsupportedMass(
  rows: number,
  evaluation: ActionProbabilities,
  logging: ActionProbabilities,
): UnsupportedMass {
  if (evaluation.actions !== logging.actions) {
    const message = `both policies must have the same actions, got ${evaluation.actions} and ${logging.actions}.`;
    throw new PlatformError("bad-data", message);
  }
  const wanted = new Float64Array(evaluation.actions);
  const given = new Float64Array(logging.actions);
  let [sum, worst, worstRow] = [0, 0, 0];
  for (let row = 0; row < rows; row++) {
    readRow(evaluation, row, wanted);
    readRow(logging, row, given);
    let mass = 0;
    for (let action = 0; action < wanted.length; action++) if (given[action] === 0) mass += wanted[action]!;
    sum += mass;
    if (mass > worst) [worst, worstRow] = [mass, row];
  }
  return { mean: rows === 0 ? 0 : sum / rows, worst, row: worstRow };
}

/** Writes the row and throws `bad-data` unless it is a distribution. */
export function readRow(policy: ActionProbabilities, row: number, out: Float64Array): void {
  policy.probabilities(row, out);
  let sum = 0;
  for (let action = 0; action < out.length; action++) {
    const probability = out[action]!;
    if (!(probability >= 0 && probability <= 1 + SUM_TOLERANCE)) {
      const message = `probabilities must be in [0, 1], got ${probability} for action ${action} in row ${row}.`;
      throw new PlatformError("bad-data", message);
    }
    sum += probability;
  }
  if (Math.abs(sum - 1) > SUM_TOLERANCE) {
    throw new PlatformError("bad-data", `probabilities must sum to 1, got ${sum} in row ${row}.`);
  }
}

/**
 * Throws `bad-data`, with the row, for columns of different lengths, an empty log, a propensity that is 0 or above 1, an
 * evaluation probability outside [0, 1], a reward or prediction that is not finite.
 */
export function checkLog(log: LoggedBandit): void {
  const { actions, propensities, rewards, evaluation, positions, predictions } = log;
  const n = rewards.length;
  if (n === 0) throw new PlatformError("bad-data", "the log must have at least one row.");
  checkColumn("actions", actions, n, "at least 0", (action) => action >= 0);
  checkColumn("propensities", propensities, n, "in (0, 1]", (p) => p > 0 && p <= 1);
  checkColumn("evaluation", evaluation, n, "in [0, 1]", (p) => p >= 0 && p <= 1);
  checkColumn("rewards", rewards, n, "finite", Number.isFinite);
  if (positions !== undefined) checkColumn("positions", positions, n, "at least 0", (position) => position >= 0);
  if (predictions === undefined) return;
  checkColumn("predictions.logged", predictions.logged, n, "finite", Number.isFinite);
  checkColumn("predictions.expected", predictions.expected, n, "finite", Number.isFinite);
}
