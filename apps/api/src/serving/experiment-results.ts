import type { Random } from "@sequitur/core";
import { bootstrapInterval, sampleRatioTest } from "@sequitur/metrics";
import type { Experiment, UserOutcome } from "@sequitur/store";

/** Users that every arm must expect before their counts are tested. */
const LEAST_EXPECTED = 5;

/** Counts and means by arm, with intervals over users, since the users were drawn, not the requests. */
export function experimentResults(experiment: Experiment, outcomes: readonly UserOutcome[], random: Random) {
  const { arms, experimentId, status } = experiment;
  const byArm = arms.map(({ arm }) => outcomes.filter((outcome) => outcome.arm === arm));
  const kinds = [...new Set(outcomes.flatMap(({ feedback }) => Object.keys(feedback)))].sort();
  const { pValue, mismatch } = sampleRatio(
    byArm.map((users) => users.length),
    arms.map(({ weight }) => weight),
  );
  return {
    experimentId,
    status,
    sampleRatio: { pValue: finite(pValue), mismatch },
    arms: arms.map(({ arm }, at) => {
      const users = byArm[at]!;
      const told = users.length === 0 ? [] : kinds;
      return {
        arm,
        users: users.length,
        requests: users.reduce((sum, { requests }) => sum + requests, 0),
        impressions: users.reduce((sum, { impressions }) => sum + impressions, 0),
        feedback: Object.fromEntries(told.map((kind) => [kind, reactions(users, kind, random.fork(arm).fork(kind))])),
      };
    }),
  };
}

/** NaN while an arm expects too few users for the test. */
function sampleRatio(counts: readonly number[], weights: readonly number[]) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const fewest = (total * Math.min(...weights)) / whole;
  return fewest < LEAST_EXPECTED ? { pValue: Number.NaN, mismatch: false } : sampleRatioTest(counts, weights);
}

function reactions(users: readonly UserOutcome[], kind: string, random: Random) {
  const sums = Float64Array.from(users, ({ feedback }) => feedback[kind]?.sum ?? 0);
  const { mean, low, high } = bootstrapInterval(sums, { random });
  const count = users.reduce((sum, { feedback }) => sum + (feedback[kind]?.count ?? 0), 0);
  return { count, mean, low: finite(low), high: finite(high) };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
