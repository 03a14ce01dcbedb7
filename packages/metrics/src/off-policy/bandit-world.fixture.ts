import { Random } from "@sequitur/core";
import type { ActionProbabilities, LoggedBandit, RewardPredictions } from "./logged-bandit.js";
import type { OffPolicyEstimate } from "./off-policy-estimate.js";

const CONTEXTS = 6;
const ACTIONS = 5;

/** Contexts x actions with known click rates, a logging policy that likes other actions than the evaluation policy. */
export interface BanditWorld {
  readonly log: LoggedBandit;
  readonly contexts: Int32Array;
  readonly evaluation: ActionProbabilities;
  readonly logging: ActionProbabilities;
  /** The mean reward of the evaluation policy, exact. */
  readonly truth: number;
  /** True rates plus `error` (0: perfect), as predictions. */
  readonly predictions: (error: number) => RewardPredictions;
}

const rate = (context: number, action: number): number => 0.1 + 0.6 * (((context * 7 + action * 3) % 11) / 11);

function softmaxRow(temperature: number, scoreOf: (action: number) => number): Float64Array {
  const row = Float64Array.from({ length: ACTIONS }, (_, action) => Math.exp(temperature * scoreOf(action)));
  const sum = row.reduce((total, weight) => total + weight, 0);
  return row.map((weight) => weight / sum);
}

const LOGGING = Array.from({ length: CONTEXTS }, (_, context) => softmaxRow(2, (action) => -rate(context, action)));
const EVALUATION = Array.from({ length: CONTEXTS }, (_, context) => softmaxRow(6, (action) => rate(context, action)));

/** Draws a log of n rows. */
export function banditWorld(random: Random, n: number): BanditWorld {
  const contexts = Int32Array.from({ length: n }, () => random.integer(CONTEXTS));
  const policyOf = (rows: readonly Float64Array[]): ActionProbabilities => ({
    actions: ACTIONS,
    probabilities: (row, out) => out.set(rows[contexts[row]!]!),
  });
  const actions = Int32Array.from(contexts, (context) => drawFrom(LOGGING[context]!, random));
  const at = (rows: readonly Float64Array[]) => Float64Array.from(contexts, (c, row) => rows[c]![actions[row]!]!);
  const rewards = Float64Array.from(contexts, (c, row) => (random.uniform() < rate(c, actions[row]!) ? 1 : 0));
  const valueIn = (context: number) =>
    EVALUATION[context]!.reduce((sum, probability, action) => sum + probability * rate(context, action), 0);
  const truth = LOGGING.reduce((sum, _, context) => sum + valueIn(context) / CONTEXTS, 0);
  const predictions = (error: number): RewardPredictions => ({
    logged: Float64Array.from(contexts, (c, row) => rate(c, actions[row]!) + error * (actions[row]! - 1)),
    expected: Float64Array.from(contexts, (c) =>
      EVALUATION[c]!.reduce((sum, p, action) => sum + p * (rate(c, action) + error * (action - 1)), 0),
    ),
  });
  const log = { actions, propensities: at(LOGGING), rewards, evaluation: at(EVALUATION) };
  return { log, contexts, evaluation: policyOf(EVALUATION), logging: policyOf(LOGGING), truth, predictions };
}

/** An index drawn with the probabilities given. */
export function drawFrom(probabilities: ArrayLike<number>, random: Random): number {
  let left = random.uniform();
  for (let index = 0; index < probabilities.length - 1; index++) {
    left -= probabilities[index]!;
    if (left < 0) return index;
  }
  return probabilities.length - 1;
}

/** Bias, its standard error and the root mean squared error of an estimator over seeded logs. */
export function errorsOf(
  logs: number,
  seed: string,
  estimate: (random: Random) => { readonly estimate: OffPolicyEstimate; readonly truth: number },
) {
  const root = new Random(seed);
  let [sum, squares] = [0, 0];
  for (let log = 0; log < logs; log++) {
    const { estimate: own, truth } = estimate(root.fork(log));
    sum += own.value - truth;
    squares += (own.value - truth) ** 2;
  }
  const bias = sum / logs;
  return { bias, biasError: Math.sqrt((squares / logs - bias ** 2) / (logs - 1)), rmse: Math.sqrt(squares / logs) };
}
