import { PlatformError, type Random } from "@sequitur/core";
import { checkPositive, checkWhole } from "../experiments/check-number.js";
import { doublyRobust } from "./doubly-robust.js";
import {
  checkLog,
  readRow,
  type ActionProbabilities,
  type LoggedBandit,
  type RewardPredictions,
} from "./logged-bandit.js";
import { NormalEquations, type LinearModel } from "./normal-equations.js";
import type { OffPolicyEstimate } from "./off-policy-estimate.js";

/** What the reward model knows of a row and an action. */
export interface RewardFeatures {
  /** D, the number of features. */
  readonly width: number;
  /** Writes the features of taking the action in the row's situation into out, (D), which comes filled with 0. */
  readonly write: (row: number, action: number, out: Float64Array) => void;
}

/** "importance" weighs rows by w; "mrdr" by w^2 (1 - propensity), which makes the doubly robust variance small. */
export type RewardWeighting = "uniform" | "importance" | "mrdr";

export interface RewardModelPlan {
  readonly policy: ActionProbabilities;
  readonly features: RewardFeatures;
  readonly weighting?: RewardWeighting;
  /** Added to the diagonal of the normal equations, in units of mean row weight, above 0; shrinks to the mean reward. */
  readonly ridge?: number;
  /** Every row is predicted by a model that was fitted to the other folds; at least 2. */
  readonly folds?: number;
  readonly random: Random;
}

/**
 * A ridge regression of the reward on features, cross-fitted: a row's prediction never saw its reward, which keeps
 * doubly robust estimates unbiased. O(n D^2 + folds D^3 + n A D).
 */
export function rewardPredictions(log: LoggedBandit, plan: RewardModelPlan): RewardPredictions {
  const { folds = 3, ridge = 1, random, features } = plan;
  checkLog(log);
  checkWhole("folds", folds, 2);
  checkWhole("width", features.width, 1);
  checkPositive("ridge", ridge);
  const n = log.rewards.length;
  const actions = plan.policy.actions;
  const unknown = log.actions.findIndex((action) => action >= actions);
  if (unknown !== -1) {
    const message = `actions must be below ${actions}, got ${log.actions[unknown]} in row ${unknown}.`;
    throw new PlatformError("bad-data", message);
  }
  if (n < folds) throw new PlatformError("bad-data", `the log must have at least ${folds} rows, got ${n}.`);
  const foldOf = random.shuffle(Int32Array.from({ length: n }, (_, row) => row % folds));
  const rowWeights = modelWeights(log, plan.weighting ?? "uniform");
  const totals = Array.from({ length: folds }, () => new NormalEquations(features.width));
  const read = reader(features);
  for (let row = 0; row < n; row++) {
    totals[foldOf[row]!]!.add(read(row, log.actions[row]!), log.rewards[row]!, rowWeights[row]!);
  }
  const models = totals.map((_, fold) => {
    const equations = new NormalEquations(features.width);
    for (const [other, part] of totals.entries()) if (other !== fold) equations.join(part);
    return equations.solve(ridge);
  });
  return predict(log, plan.policy, read, (row) => models[foldOf[row]!]!);
}

/**
 * The row weights with which a reward model makes the doubly robust variance small (Farajtabar, Chow & Ghavamzadeh 2018):
 * w^2 (1 - propensity). Exact where the evaluation policy takes one action a situation; else the products of different
 * actions' errors are left out. Open Bandit Pipeline takes evaluation (1 - propensity) / propensity^2 instead, which is the
 * same for deterministic policies only.
 */
export function mrdrWeights({ evaluation, propensities }: LoggedBandit): Float64Array {
  return evaluation.map((probability, row) => (probability / propensities[row]!) ** 2 * (1 - propensities[row]!));
}

/** MRDR: doubly robust with a reward model that was fitted under `mrdrWeights`; predictions in the log are not used. */
export function moreRobustDoublyRobust(log: LoggedBandit, plan: Omit<RewardModelPlan, "weighting">): OffPolicyEstimate {
  const predictions = rewardPredictions(log, { ...plan, weighting: "mrdr" });
  return { ...doublyRobust({ ...log, predictions }), estimator: "mrdr" };
}

function modelWeights(log: LoggedBandit, weighting: RewardWeighting): Float64Array {
  const ones = new Float64Array(log.rewards.length).fill(1);
  if (weighting === "uniform") return ones;
  if (weighting !== "importance" && weighting !== "mrdr") {
    const message = `weighting must be uniform, importance or mrdr, got ${String(weighting)}.`;
    throw new PlatformError("bad-config", message);
  }
  const weights =
    weighting === "mrdr"
      ? mrdrWeights(log)
      : log.evaluation.map((probability, row) => probability / log.propensities[row]!);
  // Without any weight the correction of the doubly robust estimate is 0 whatever the model: fit to all rows alike.
  return weights.some((weight) => weight > 0) ? weights : ones;
}

/** Reads features into one reused row. */
function reader({ width, write }: RewardFeatures): (row: number, action: number) => Float64Array {
  const out = new Float64Array(width);
  return (row, action) => {
    out.fill(0);
    write(row, action, out);
    return out;
  };
}

function predict(
  log: LoggedBandit,
  policy: ActionProbabilities,
  read: (row: number, action: number) => Float64Array,
  modelOf: (row: number) => LinearModel,
): RewardPredictions {
  const n = log.rewards.length;
  const logged = new Float64Array(n);
  const expected = new Float64Array(n);
  const all = new Float64Array(policy.actions);
  for (let row = 0; row < n; row++) {
    const { mean, slopes } = modelOf(row);
    readRow(policy, row, all);
    const valueOf = (action: number): number => {
      const features = read(row, action);
      let value = mean;
      for (let d = 0; d < slopes.length; d++) value += features[d]! * slopes[d]!;
      return value;
    };
    logged[row] = valueOf(log.actions[row]!);
    for (let action = 0; action < all.length; action++) {
      if (all[action]! > 0) expected[row]! += all[action]! * valueOf(action);
    }
  }
  return { logged, expected };
}
