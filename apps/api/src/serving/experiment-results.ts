import type { Random } from "@sequitur/core";
import { bootstrapInterval } from "@sequitur/metrics";
import type { Experiment, UserOutcome } from "@sequitur/store";
import { sampleRatio } from "./sample-ratio.js";

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

function reactions(users: readonly UserOutcome[], kind: string, random: Random) {
  const sums = Float64Array.from(users, ({ feedback }) => feedback[kind]?.sum ?? 0);
  const { mean, low, high } = bootstrapInterval(sums, { random });
  const count = users.reduce((sum, { feedback }) => sum + (feedback[kind]?.count ?? 0), 0);
  return { count, mean, low: finite(low), high: finite(high) };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
