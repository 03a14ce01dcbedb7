import { Random } from "@sequitur/core";
import { expect, it } from "vitest";
import { planExperiment } from "./plan-experiment.js";

it("needs the users of the textbook formula, and the days in which they come", () => {
  // Rates 0.1 and 0.12 at alpha 0.05 and power 0.8, by hand: (1.95996 sqrt(2 0.11 0.89) + 0.84162 sqrt(0.09 + 0.1056))^2 / 0.0004.
  const need = planExperiment({ rate: 0.1, effect: 0.2, usersPerDay: 1000, traffic: 0.5 }, "test");
  expect(need).toEqual({ usersAnArm: 3841, users: 7682, days: 16, alphaAComparison: 0.05 });
});

it("finds the effect as often as it says, and needs more users for more arms and for a drop of a mean alike", () => {
  const plan = { mean: 2, deviation: 3, effect: 0.5, usersPerDay: 10 };
  const { usersAnArm } = planExperiment(plan, "test");
  const random = new Random("plan");
  let found = 0;
  const runs = 2000;
  for (let run = 0; run < runs; run++) {
    const sums = [0, 1].map((shift) => {
      let sum = 0;
      let squares = 0;
      for (let user = 0; user < usersAnArm; user++) {
        const value = shift + 3 * random.normal();
        sum += value;
        squares += value * value;
      }
      return { mean: sum / usersAnArm, variance: (squares - sum ** 2 / usersAnArm) / (usersAnArm - 1) };
    });
    const error = Math.sqrt((sums[0]!.variance + sums[1]!.variance) / usersAnArm);
    if (Math.abs(sums[1]!.mean - sums[0]!.mean) > 1.974 * error) found++;
  }
  // Four standard errors of a share of 0.8.
  expect(Math.abs(found / runs - 0.8)).toBeLessThan(4 * Math.sqrt(0.16 / runs));
  expect(planExperiment({ ...plan, effect: -0.5 }, "test").usersAnArm).toBe(usersAnArm);
  const several = planExperiment({ ...plan, arms: 5 }, "test");
  expect(several.alphaAComparison).toBeCloseTo(0.0125, 12);
  expect(several.usersAnArm).toBeGreaterThan(usersAnArm);
  expect(several.users).toBe(5 * several.usersAnArm);
});

it.each([
  [{ rate: 0.1, effect: 0 }, /effect must not be 0/],
  [{ rate: 0.6, effect: 1 }, /a rate of 0.6 with an effect of 1 becomes 1.2/],
  [{ mean: 1, effect: 0.1 }, /either rate, or mean with deviation/],
  [{ rate: 0.1, mean: 1, deviation: 1, effect: 0.1 }, /either rate, or mean with deviation/],
])("refuses %j", (fields, message) => {
  expect(() => planExperiment({ usersPerDay: 10, ...fields }, "test")).toThrow(message);
});
