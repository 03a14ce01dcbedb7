import { parseConfig, Random } from "@sequitur/core";
import { closeSequitur, Parameters, selectBackend, tf, trainingPass } from "@sequitur/nn";
import { plantedSequences } from "@sequitur/recommender/conforms";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { windowPlan, type BatchPlan, type SequenceBatch } from "../training/batches.js";
import { lanePlan } from "../training/lane-batches.js";
import { objectiveOf } from "../training/objectives.js";
import { gru4recConfig } from "./config.js";
import { gru4recNetwork } from "./network.js";

const { train } = plantedSequences(new Random("lanes"), { users: 9, items: 20, length: 12 });
const batching = { maxLength: 20, batchSize: 12, itemDropout: 0, randomWindows: false };
const objective = objectiveOf("softmax", { calibration: 0, scorePenalty: 0 });

/** The mean loss of an epoch's predictions, with weights as they start. */
function meanLoss(plan: BatchPlan, change: (batch: SequenceBatch) => SequenceBatch = (batch) => batch): number {
  const fields = {
    startLength: 1,
    width: 8,
    hidden: 12,
    layers: 2,
    dropout: 0,
    batches: "lanes",
    laneSteps: 3,
    batchSize: 12,
  };
  const parameters = new Parameters(new Random(1));
  const network = gru4recNetwork(parameters, new Int32Array(20), parseConfig(gru4recConfig, fields, "test"));
  let [sum, count] = [0, 0];
  for (const batch of plan.epoch(new Random(5))) {
    const real = batch.targets.filter((target) => target >= 0).length;
    const loss = tf.tidy(() => network.loss(change(batch), trainingPass(new Random(1)), objective).dataSync()[0]!);
    sum += real * loss;
    count += real;
  }
  parameters.dispose();
  return sum / count;
}

describe("lanes of gru4rec", () => {
  beforeAll(() => selectBackend("sequitur", { threads: 1 }));
  afterAll(closeSequitur);
  const lanes = lanePlan(train, batching, 3);

  it("read a history in pieces as if it were read at once", () => {
    expect(meanLoss(lanes)).toBeCloseTo(meanLoss(windowPlan(train, batching)), 5);
  });

  it("would not, were states forgotten between batches or kept from one history to the next", () => {
    const whole = meanLoss(lanes);
    const all = (fresh: 0 | 1) => (batch: SequenceBatch) => ({
      ...batch,
      lanes: { index: batch.lanes!.index, fresh: batch.lanes!.fresh.map(() => fresh) },
    });
    expect(Math.abs(meanLoss(lanes, all(1)) - whole)).toBeGreaterThan(1e-4);
    expect(Math.abs(meanLoss(lanes, all(0)) - whole)).toBeGreaterThan(1e-4);
  });
});
