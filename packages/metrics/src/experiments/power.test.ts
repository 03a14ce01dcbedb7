import { describe, expect, test } from "vitest";
import { differenceOfMeans } from "./difference-of-means.js";
import { momentsOf } from "./moments.js";
import { detectableDifference, meansPower, meansSampleSize, proportionsPower, proportionsSampleSize } from "./power.js";
import { expectShare, normals, rateOf } from "./simulation.fixture.js";

describe("means", () => {
  test.each([
    [0.2, 394],
    [0.5, 64],
    [0.8, 26],
  ])("exact (noncentral t) tables at power 0.8, alpha 0.05: effect %s needs %s an arm", (difference, units) => {
    expect(meansSampleSize({ deviation: 1, difference })).toEqual({ control: units, treatment: units });
    expect(meansSampleSize({ deviation: 3, difference: -3 * difference }).control).toBe(units);
  });

  test("the same tables at power 0.9 and at alpha 0.01", () => {
    expect(meansSampleSize({ deviation: 1, difference: 0.5, power: 0.9 }).control).toBe(86);
    expect(meansSampleSize({ deviation: 1, difference: 0.5, alpha: 0.01 }).control).toBe(96);
  });

  test("reaches the power it states in simulation, with few units and with unequal arms", () => {
    for (const [difference, allocation] of [
      [1, 1],
      [0.6, 3],
    ] as const) {
      const plan = { deviation: 1, difference, allocation };
      const { control, treatment } = meansSampleSize(plan);
      const stated = meansPower(plan, control);
      expect(stated).toBeGreaterThanOrEqual(0.8);
      const found = rateOf(2000, `means ${difference}`, (random) => {
        const [a, b] = [normals(random, control), normals(random, treatment, difference)];
        return differenceOfMeans(momentsOf(a), momentsOf(b)).pValue <= 0.05;
      });
      expectShare(found, stated, 2000);
    }
  });

  test("large samples agree with the normal formula 2 (z_0.975 + z_0.8)^2 / d^2", () => {
    const { control } = meansSampleSize({ deviation: 1, difference: 0.001 });
    expect(control / ((2 * (1.959964 + 0.841621) ** 2) / 1e-6)).toBeCloseTo(1, 5);
  });

  test("power without effect is alpha; the detectable difference is the inverse of the sample size", () => {
    expect(meansPower({ deviation: 1, difference: 1e-9 }, 30)).toBeCloseTo(0.05, 8);
    expect(meansPower({ deviation: 1, difference: 1e-9 }, 2)).toBeCloseTo(0.05, 5);
    expect(detectableDifference(1, 64)).toBeLessThan(0.5);
    expect(detectableDifference(1, 63)).toBeGreaterThan(0.5);
    expect(detectableDifference(10, 64)).toBeCloseTo(10 * detectableDifference(1, 64), 6);
  });
});

describe("proportions", () => {
  test.each([
    [0.1, 0.15, 0.8, 686],
    [0.1, 0.15, 0.9, 918],
    [0.5, 0.6, 0.8, 388],
    [0.05, 0.06, 0.8, 8158],
  ])("tabulated: %s against %s at power %s needs %s an arm", (control, treatment, power, units) => {
    expect(proportionsSampleSize({ control, treatment }, { power })).toEqual({ control: units, treatment: units });
  });

  test("reaches the power it states in simulation, with unequal arms", () => {
    const rates = { control: 0.1, treatment: 0.2 };
    const plan = { allocation: 0.5 };
    const size = proportionsSampleSize(rates, plan);
    expect(size.treatment).toBe(Math.ceil(size.control / 2));
    const stated = proportionsPower(rates, size.control, plan);
    expect(stated).toBeCloseTo(0.8, 2);
    const found = rateOf(2000, "proportions", (random) => {
      const hits = (n: number, rate: number) =>
        Float64Array.from({ length: n }, () => (random.uniform() < rate ? 1 : 0)).reduce((sum, hit) => sum + hit, 0);
      const [c, t] = [hits(size.control, 0.1), hits(size.treatment, 0.2)];
      const pooled = (c + t) / (size.control + size.treatment);
      const error = Math.sqrt(pooled * (1 - pooled) * (1 / size.control + 1 / size.treatment));
      return Math.abs(t / size.treatment - c / size.control) / error >= 1.959964;
    });
    expect(Math.abs(found - stated)).toBeLessThan(0.045);
  });
});

test("refuses plans that cannot be", () => {
  expect(() => proportionsSampleSize({ control: 0.1, treatment: 0.1 })).toThrow("must differ, got 0.1 for both");
  expect(() => proportionsSampleSize({ control: 0, treatment: 0.1 })).toThrow(
    "rate of control must be in (0, 1), got 0",
  );
  expect(() => meansSampleSize({ deviation: 0, difference: 1 })).toThrow("deviation must be finite and above 0, got 0");
  expect(() => meansSampleSize({ deviation: 1, difference: 0 })).toThrow("above 0, got 0");
  expect(() => meansSampleSize({ deviation: 1, difference: 1e-9 })).toThrow("needs more than");
  expect(() => meansSampleSize({ deviation: 1, difference: 1, power: 0.04 })).toThrow("above alpha 0.05, got 0.04");
  expect(() => meansPower({ deviation: 1, difference: 1 }, 1.5)).toThrow("whole number of at least 2, got 1.5");
});
