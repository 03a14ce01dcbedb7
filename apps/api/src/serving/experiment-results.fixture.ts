import { Random } from "@sequitur/core";
import { hashArm, type Experiment, type UserOutcome } from "@sequitur/store";
import { experimentResults } from "./experiment-results.js";

export const DAY = 86_400_000;

/** A running experiment of two arms alike in weight. */
export function experiment(salt: string, plan: object = {}): Experiment {
  return {
    experimentId: "e",
    description: "",
    salt,
    settings: { plan },
    status: "running",
    arms: [
      { arm: "control", weight: 1 },
      { arm: "new", weight: 1 },
    ],
    createdAt: 0,
    startedAt: 0,
  };
}

/** Users assigned as the API assigns them, with clicks at a rate by arm, and a past that goes with it. */
export function outcomesOf(about: Experiment, users: number, rates: Readonly<Record<string, number>>): UserOutcome[] {
  const random = new Random(about.salt);
  return Array.from({ length: users }, (_, user) => {
    const { arm } = hashArm(about, `user ${user}`);
    const requests = 1 + random.integer(8);
    const keen = random.uniform();
    const clicks = (chance: number): number => {
      let sum = 0;
      for (let request = 0; request < requests; request++) if (random.uniform() < chance * 2 * keen) sum++;
      return sum;
    };
    const count = clicks(rates[arm]!);
    const past = clicks(0.2);
    return {
      arm,
      requests,
      impressions: requests * 5,
      feedback: count === 0 ? {} : { click: { count, sum: count } },
      before: user % 5 === 0 ? null : { click: past },
      attributes: { country: user % 2 === 0 ? "nl" : "be" },
    };
  });
}

/** The results of an experiment that had these outcomes. */
export function resultsOf(about: Experiment, outcomes: readonly UserOutcome[], now: number) {
  return experimentResults(about, { outcomes, rows: [] }, now);
}

/** How many of so many A/A experiments, by the served assignment and the served results, find a difference. */
export function falseAlarms(experiments: number) {
  const alarms = { oneLook: 0, alwaysValid: 0, decided: 0, sampleRatio: 0 };
  for (let i = 0; i < experiments; i++) {
    const about = experiment(`a/a ${i}`);
    const results = resultsOf(about, outcomesOf(about, 320, { control: 0.2, new: 0.2 }), DAY);
    const [effect] = results.metrics["click"]!.effects;
    if (effect!.pValue <= 0.05) alarms.oneLook++;
    if (effect!.alwaysValid!.pValue <= 0.05) alarms.alwaysValid++;
    if (results.verdicts[0]!.decision !== "undecided") alarms.decided++;
    if (results.sampleRatio.mismatch) alarms.sampleRatio++;
  }
  return alarms;
}
