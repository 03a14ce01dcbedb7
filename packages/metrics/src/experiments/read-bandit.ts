import { PlatformError } from "@sequitur/core";
import { effectOf, type Effect, type EffectOptions } from "./effect.js";
import { checkRows, sumByUnit, type ExperimentRows } from "./experiment-rows.js";

/** What a bandit's log says of its arms. */
export interface BanditReading {
  readonly arms: readonly {
    readonly arm: string;
    readonly requests: number;
    /** Share of the last tenth of the requests, where the traffic has moved. */
    readonly latestShare: number;
    /** Mean reward if this arm had answered all requests. */
    readonly value: number;
    readonly standardError: number;
  }[];
  /** Each arm but control against control. */
  readonly effects: readonly ({ readonly arm: string } & Effect)[];
}

/**
 * Each arm's value from a log whose probabilities moved with the rewards: plain means of such a log are biased. Scores are
 * m + 1{arm answered} (reward - m) / p with m the arm's mean before, weighted by sqrt p, which keeps them near normal
 * when p falls (Hadad, Hirshberg, Zhan, Wager & Athey 2021). Errors are of units, as the requests of a user are alike.
 * Intervals hold for one look; arms take the alpha of `options` each. Throws `bad-data` without probabilities or for fewer
 * than two units.
 */
export function readBandit(rows: ExperimentRows, options: EffectOptions = {}): BanditReading {
  checkRows(rows);
  const { arms, units, answered, probabilities } = rows;
  if (probabilities === undefined) {
    throw new PlatformError("bad-data", "a bandit's log must have the probabilities of the arms.");
  }
  const count = new Set(units).size;
  if (count < 2) throw new PlatformError("bad-data", `a bandit's log needs at least two units, got ${count}.`);
  const own = arms.map((_, arm) => armScores(rows, probabilities, arm));
  const errorOf = (influence: Float64Array): number => {
    const sums = sumByUnit(units, influence);
    return Math.sqrt((sums.reduce((sum, value) => sum + value * value, 0) * count) / (count - 1));
  };
  const last = Math.floor(0.9 * units.length);
  const latest = answered.subarray(last);
  return {
    arms: arms.map((arm, at) => ({
      arm,
      requests: countOf(answered, at),
      latestShare: countOf(latest, at) / latest.length,
      value: own[at]!.value,
      standardError: errorOf(own[at]!.influence),
    })),
    effects: arms.slice(1).map((arm, at) => {
      const [control, treatment] = [own[0]!, own[at + 1]!];
      const standardError = errorOf(treatment.influence.map((value, row) => value - control.influence[row]!));
      const estimate = { control: control.value, treatment: treatment.value, standardError, degrees: count - 1 };
      return { arm, ...effectOf(estimate, options) };
    }),
  };
}

/** The value of an arm and each row's part of its error. */
function armScores({ arms, answered, values }: ExperimentRows, probabilities: Float64Array, arm: number) {
  const n = answered.length;
  const scores = new Float64Array(n);
  const weights = new Float64Array(n);
  let [sum, count] = [0, 0];
  let [top, bottom] = [0, 0];
  for (let row = 0; row < n; row++) {
    const probability = probabilities[row * arms.length + arm]!;
    if (!(probability > 0 && probability <= 1)) {
      throw new PlatformError("bad-data", `probabilities must be in (0, 1], got ${probability} in row ${row}.`);
    }
    const mean = count > 0 ? sum / count : 0;
    scores[row] = mean + (answered[row] === arm ? (values[row]! - mean) / probability : 0);
    weights[row] = Math.sqrt(probability);
    top += weights[row]! * scores[row]!;
    bottom += weights[row]!;
    if (answered[row] !== arm) continue;
    sum += values[row]!;
    count++;
  }
  const value = top / bottom;
  return { value, influence: scores.map((score, row) => (weights[row]! * (score - value)) / bottom) };
}

function countOf(answered: Int32Array, arm: number): number {
  let count = 0;
  for (const own of answered) if (own === arm) count++;
  return count;
}
