import { DAY_MS, Random } from "@sequitur/core";
import { shareInterval } from "@sequitur/metrics";
import {
  createExperiment,
  openStore,
  recordFeedback,
  recordRequests,
  startExperiment,
  stopExperiment,
  type Feedback,
  type RequestRecord,
} from "@sequitur/store";
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { apiLogger } from "../src/api-logger.js";
import { createApi } from "../src/app.js";
import { assignmentFor } from "../src/serving/experiment-arm.js";
import { readExperiment } from "../src/serving/experiment-results.js";
import type { Serving } from "../src/serving/serving.js";
import { apiSettingsSchema } from "../src/settings.js";

const EXPERIMENTS = Number(process.env["SEQUITUR_EXPERIMENTS"] ?? 1_000);
const USERS = 260;
const ARMS = [
  { arm: "control", weight: 1 },
  { arm: "new", weight: 1 },
];

/** Answers to every user by their arm; users click at rates of their own, whatever the arm. */
async function live(serving: Serving, experimentId: string, now: number, random: Random): Promise<void> {
  const requests: RequestRecord[] = [];
  const feedback: Feedback[] = [];
  for (let user = 0; user < USERS; user++) {
    const userId = `user ${user}`;
    const keen = new Random(userId).uniform();
    const assigned = await assignmentFor(serving, { experiment: experimentId, userId }, randomUUID());
    const visits = 1 + random.integer(3);
    for (let visit = 0; visit < visits; visit++) {
      const requestId = randomUUID();
      const time = now + 1_000 * visit;
      requests.push({
        requestId,
        userId,
        time,
        kind: "recommendations",
        experiment: { experimentId, arm: assigned!.arm.arm },
        context: {},
        impressions: [{ itemId: "item", position: 0, policy: "greedy", propensityKind: "exact", propensity: 1 }],
      });
      if (random.uniform() < 0.6 * keen) {
        feedback.push({ feedbackId: requestId, requestId, itemId: "item", kind: "click", time });
      }
    }
  }
  await recordRequests(serving.store, requests);
  await recordFeedback(serving.store, feedback);
}

test(
  "of 1,000 A/A experiments by the served assignment, log and results at most 5 % find a difference",
  { timeout: 3_600_000 },
  async () => {
    let now = Date.UTC(2026, 0, 1);
    const store = await openStore({ clock: () => now });
    // Not started, so that nothing is read in the background; experiments are synced below.
    const source = { load: () => Promise.reject(new Error("no model")), stamp: async () => "none" };
    const logger = apiLogger("silent", () => undefined);
    const { serving } = createApi({ store, source, settings: apiSettingsSchema.parse({}), logger });
    const alarms = { oneLook: 0, alwaysValid: 0, cuped: 0, decided: 0, sampleRatio: 0 };
    const started = performance.now();
    for (let at = 0; at < EXPERIMENTS; at++) {
      const experimentId = `a-a-${at}`;
      await createExperiment(store, { experimentId, arms: ARMS });
      const experiment = await startExperiment(store, experimentId);
      await serving.experiments.sync();
      await live(serving, experimentId, now, new Random(experimentId));
      now += DAY_MS;
      const { metrics, verdicts, sampleRatio } = await readExperiment(store, experiment);
      const effect = metrics["click"]!.effects[0]!;
      if (effect.pValue <= 0.05) alarms.oneLook++;
      if (effect.alwaysValid !== null && effect.alwaysValid.pValue <= 0.05) alarms.alwaysValid++;
      if (effect.cuped !== null && effect.cuped.pValue <= 0.05) alarms.cuped++;
      if (verdicts[0]!.decision !== "undecided") alarms.decided++;
      if (sampleRatio.mismatch) alarms.sampleRatio++;
      await stopExperiment(store, experimentId);
    }
    const seconds = (performance.now() - started) / 1000;
    process.stdout.write(`\n${EXPERIMENTS} A/A experiments in ${seconds.toFixed(0)} s: ${JSON.stringify(alarms)}\n`);
    await store.close();
    expect(alarms.alwaysValid / EXPERIMENTS).toBeLessThanOrEqual(0.05);
    expect(alarms.decided / EXPERIMENTS).toBeLessThanOrEqual(0.05);
    // One look keeps its level, as far as so many experiments can tell.
    for (const count of [alarms.oneLook, alarms.cuped]) {
      expect(shareInterval(count, EXPERIMENTS, 0.999).low).toBeLessThan(0.05);
    }
    expect(alarms.sampleRatio / EXPERIMENTS).toBeLessThan(0.01);
  },
);
