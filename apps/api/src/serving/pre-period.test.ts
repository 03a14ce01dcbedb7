import { DAY_MS, MINUTE_MS, Random } from "@sequitur/core";
import { cuped } from "@sequitur/metrics";
import {
  createExperiment,
  experimentOutcomes,
  recordFeedback,
  recordRequests,
  type Experiment,
  type Store,
} from "@sequitur/store";
import { eachStore } from "@sequitur/store/testing";
import { randomUUID } from "node:crypto";
import { beforeAll, expect, it } from "vitest";
import { resultsOf } from "./experiment-results.fixture.js";

const START = Date.UTC(2026, 4, 1);
const ARMS = [
  { arm: "control", weight: 1 },
  { arm: "new", weight: 1 },
];

/** One answer to a user; `feedback` is kind, value and instant of each reaction. */
interface Shown {
  readonly userId: string;
  readonly time: number;
  readonly feedback?: readonly (readonly [kind: string, value: number, time: number])[];
  readonly under?: { readonly experimentId: string; readonly arm: string };
}

async function write(store: Store, shown: readonly Shown[]): Promise<void> {
  const answers = shown.map((one) => ({ ...one, requestId: randomUUID() }));
  await recordRequests(
    store,
    answers.map(({ requestId, userId, time, under }) => ({
      requestId,
      userId,
      time,
      kind: "slates",
      ...(under && { experiment: under }),
      impressions: [{ itemId: "cafe", position: 0, policy: "greedy", propensityKind: "unknown" }],
    })),
  );
  const reactions = answers.flatMap(({ requestId, feedback = [] }) =>
    feedback.map(([kind, value, time]) => ({ feedbackId: randomUUID(), requestId, itemId: "cafe", kind, value, time })),
  );
  await recordFeedback(store, reactions);
}

eachStore((engine) => {
  let store: Store;
  const made = (experimentId: string): Promise<Experiment> => createExperiment(store, { experimentId, arms: ARMS });

  beforeAll(async () => {
    store = await engine.open();
  });

  it("reads the four weeks before the first exposure of each user, and nothing else", async () => {
    const { experimentId } = await made("past");
    const under = { experimentId, arm: "control" };
    const weeks = 28 * DAY_MS;
    await write(store, [
      // Shown and liked within four weeks, at their very first instant too; one reaction came after the exposure.
      { userId: "a", time: START - weeks, feedback: [["click", 1, START - weeks + 1]] },
      {
        userId: "a",
        time: START - DAY_MS,
        feedback: [
          ["click", 1, START - DAY_MS + 1],
          ["dwell", 2.5, START - DAY_MS + 2],
          ["click", 1, START + 1],
        ],
      },
      { userId: "a", time: START, under, feedback: [["click", 1, START + 2]] },
      // Shown without a reaction: a past of nothing, which is not the same as no past.
      { userId: "b", time: START - 1 },
      { userId: "b", time: START, under },
      // Only longer ago, and never before.
      { userId: "c", time: START - weeks - 1, feedback: [["click", 1, START - weeks]] },
      { userId: "c", time: START, under },
      { userId: "d", time: START, under },
      // Exposed a day later than the others: what came in between is their past.
      { userId: "e", time: START + MINUTE_MS, feedback: [["click", 3, START + 2 * MINUTE_MS]] },
      { userId: "e", time: START + DAY_MS, under },
      // Another experiment's answers are a past like any other; users outside this one are left out.
      { userId: "f", time: START - DAY_MS, feedback: [["click", 1, START - DAY_MS]] },
    ]);
    const outcomes = await experimentOutcomes(store, experimentId);
    expect(outcomes.map(({ before }) => before)).toEqual([{ click: 2, dwell: 2.5 }, {}, null, null, { click: 3 }]);
    expect(outcomes.map(({ requests }) => requests)).toEqual([1, 1, 1, 1, 1]);
    expect(outcomes[0]!.feedback).toEqual({ click: { count: 1, sum: 1 } });
  });

  it("takes the past out of the difference, as CUPED on the planted numbers does", async () => {
    const experiment = await made("adjusted");
    const random = new Random("pre-period");
    const users = Array.from({ length: 120 }, (_, user) => {
      const keen = random.integer(10);
      const arm = ARMS[user % 2]!.arm;
      const isNew = user % 10 >= 8;
      return { userId: `user ${user}`, arm, past: isNew ? Number.NaN : keen, now: keen + random.integer(3) };
    });
    await write(
      store,
      users.flatMap(({ userId, arm, past, now }): Shown[] => [
        ...(Number.isNaN(past)
          ? []
          : [{ userId, time: START - DAY_MS, feedback: [["dwell", past, START - DAY_MS] as const] }]),
        {
          userId,
          time: START,
          under: { experimentId: experiment.experimentId, arm },
          feedback: [["dwell", now, START + 1]],
        },
      ]),
    );
    const outcomes = await experimentOutcomes(store, experiment.experimentId);
    const [effect] = resultsOf(experiment, outcomes, START + DAY_MS).metrics["dwell"]!.effects;
    const sampleOf = (name: string) => {
      const own = users.filter(({ arm }) => arm === name);
      return {
        values: Float64Array.from(own, ({ now }) => now),
        covariates: Float64Array.from(own, ({ past }) => past),
      };
    };
    const expected = cuped(sampleOf("control"), sampleOf("new"));
    expect(effect!.cuped!.difference).toBeCloseTo(expected.difference, 10);
    expect(effect!.cuped!.low).toBeCloseTo(expected.low, 10);
    expect(effect!.cuped!.pValue).toBeCloseTo(expected.pValue, 10);
    expect(effect!.cuped!.withoutHistory).toBeCloseTo(0.2, 10);
    expect(effect!.cuped!.varianceReduction).toBeGreaterThan(0.3);
  });
});
