import { expect, test } from "vitest";
import { falseAlarms } from "../src/serving/experiment-results.fixture.js";

test("of 1,000 A/A experiments by the served assignment and results at most 5 % find a difference", () => {
  const experiments = 1000;
  const alarms = falseAlarms(experiments);
  process.stdout.write(`\nA/A, 1,000 experiments: ${JSON.stringify(alarms)}\n`);
  // One look at 5 % has a standard error of 0.7 points in a thousand experiments.
  expect(alarms.oneLook / experiments).toBeLessThan(0.071);
  expect(alarms.alwaysValid / experiments).toBeLessThanOrEqual(0.05);
  expect(alarms.decided / experiments).toBeLessThanOrEqual(0.05);
  expect(alarms.sampleRatio).toBeLessThan(8);
});
