import type { Random } from "@sequitur/core";
import { drawFrom } from "./bandit-world.fixture.js";
import type { LoggedSlates, SlatePropensities } from "./logged-slates.js";
import type { CascadePredictions } from "./slate-estimators.js";

/** Four items, slates of three, all 24 of them enumerated: expectations can be taken exactly. */
export const ITEMS = 4;
export const LENGTH = 3;

export type Slates = readonly (readonly number[])[];

/** Mean reward at position k of a slate. */
export type RewardRule = (slate: readonly number[], k: number) => number;

export const SLATES: Slates = [0, 1, 2, 3].flatMap((a) =>
  [0, 1, 2, 3].flatMap((b) => [0, 1, 2, 3].filter((c) => new Set([a, b, c]).size === 3).map((c) => [a, b, c])),
);

/** A Plackett-Luce policy: items drawn one after another in proportion to their weights. */
export interface SlatePolicy {
  readonly conditional: RewardRule;
  readonly marginal: RewardRule;
  readonly joint: (slate: readonly number[]) => number;
}

export function plackettLuce(weights: readonly number[]): SlatePolicy {
  const conditional: RewardRule = (slate, k) => {
    const left = weights.reduce(
      (sum, weight, item) => (slate.indexOf(item) < k && slate.includes(item) ? sum : sum + weight),
      0,
    );
    return weights[slate[k]!]! / left;
  };
  const joint = (slate: readonly number[]) => slate.reduce((product, _, k) => product * conditional(slate, k), 1);
  const marginal: RewardRule = (slate, k) =>
    SLATES.reduce((sum, other) => (other[k] === slate[k] ? sum + joint(other) : sum), 0);
  return { conditional, marginal, joint };
}

export const logging = plackettLuce([4, 3, 2, 1]);
export const evaluation = plackettLuce([1, 1, 3, 5]);

const quality = [0.1, 0.25, 0.45, 0.7];
const base: RewardRule = (slate, k) => quality[slate[k]!]! / (1 + 0.4 * k);

export const REWARDS = {
  /** Each reward of its item and position alone. */
  independent: base,
  /** The same total, but credited to the first position: additive as a whole, not at each position. */
  shifted: ((slate, k) => (k === 0 ? slate.reduce((sum, _, j) => sum + base(slate, j), 0) : 0)) as RewardRule,
  /** Examined only while nothing above was clicked, and less so further down. */
  cascade: ((slate, k) =>
    slate.slice(0, k).reduce((left, item) => left * (1 - quality[item]!), 1) *
    quality[slate[k]!]! *
    0.8 ** k) as RewardRule,
  /** An item gains from every better one, also below it. */
  whole: ((slate, k) => base(slate, k) * (1 + slate.filter((item) => item > slate[k]!).length)) as RewardRule,
};

/** The value of a policy: the mean of the slates' rewards. */
export function valueOf(policy: SlatePolicy, reward: RewardRule): number {
  return SLATES.reduce((sum, slate) => sum + policy.joint(slate) * totalOf(slate, reward), 0);
}

function totalOf(slate: readonly number[], reward: RewardRule): number {
  return slate.reduce((sum, _, k) => sum + reward(slate, k), 0);
}

/** One row for each slate, with its mean rewards. */
export function everySlate(reward: RewardRule): LoggedSlates {
  return logOf(SLATES, reward);
}

/** n slates of the logging policy with clicks drawn from the mean rewards. */
export function drawnLog(reward: RewardRule, n: number, random: Random) {
  const joint = SLATES.map(logging.joint);
  const slates = Array.from({ length: n }, () => SLATES[drawFrom(joint, random)]!);
  return { slates, log: logOf(slates, (slate, k) => (random.uniform() < reward(slate, k) ? 1 : 0)) };
}

function logOf(slates: Slates, reward: RewardRule): LoggedSlates {
  const items = Int32Array.from(slates.flat());
  return {
    length: LENGTH,
    items,
    rewards: Float64Array.from(slates.flatMap((slate) => slate.map((_, k) => reward(slate, k)))),
  };
}

/** Propensities of the logged slates, as a function of them. */
export function propensities(kind: "conditional" | "marginal", given = logging) {
  const of = (policy: SlatePolicy) => columnOf((slate, k) => policy[kind](slate, k));
  const [wanted, had] = [of(evaluation), of(given)];
  return (slates: Slates): SlatePropensities => ({ logging: had(slates), evaluation: wanted(slates) });
}

/** Q_k of the cascade: rewards from k on under the evaluation policy after k, exact plus an error that grows with the item. */
export function cascadeModel(reward: RewardRule, error: number) {
  const q = (prefix: readonly number[]): number => {
    const k = prefix.length - 1;
    const same = SLATES.filter((slate) => prefix.every((item, j) => slate[j] === item));
    const mass = same.reduce((sum, slate) => sum + evaluation.joint(slate), 0);
    const rest = (slate: readonly number[]) => slate.reduce((sum, _, j) => (j >= k ? sum + reward(slate, j) : sum), 0);
    return same.reduce((sum, slate) => sum + (evaluation.joint(slate) / mass) * rest(slate), 0) + error * prefix[k]!;
  };
  const mean = (slate: readonly number[], k: number) =>
    [0, 1, 2, 3]
      .filter((item) => !slate.slice(0, k).includes(item))
      .map((item) => [...slate.slice(0, k), item])
      .reduce((sum, prefix) => sum + evaluation.conditional(prefix, k) * q(prefix), 0);
  const logged = columnOf((slate, k) => q(slate.slice(0, k + 1)));
  const expected = columnOf(mean);
  return (slates: Slates): CascadePredictions => ({ logged: logged(slates), expected: expected(slates) });
}

/** (n, K) a value of each slate and position, worked out once for each of the 24 slates. */
function columnOf(f: RewardRule): (slates: Slates) => Float64Array {
  const table = new Map(SLATES.map((slate) => [slate, slate.map((_, k) => f(slate, k))]));
  return (slates) => Float64Array.from(slates.flatMap((slate) => table.get(slate)!));
}
