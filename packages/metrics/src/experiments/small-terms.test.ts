import { Random } from "@sequitur/core";
import { expect, test } from "vitest";
import { normalCdf } from "../distributions/normal.js";
import { cuped } from "./cuped.js";
import { differenceOfMeans } from "./difference-of-means.js";
import { interleavingSampleSize } from "./interleaving.js";
import { momentsOf } from "./moments.js";
import { proportionsPower } from "./power.js";
import { switchbackEffect } from "./switchback.js";

// Terms of a formula that are small for large samples, positive means or clear differences: each is tested where it matters.

test("cuped's check of the past looks at two things, so its p-value is twice the smaller", () => {
  const random = new Random("past");
  const arm = (size: number, shift: number) => {
    const covariates = Float64Array.from({ length: size }, () => random.normal() + shift);
    return { values: covariates.map((covariate) => covariate + random.normal()), covariates };
  };
  const [control, treatment] = [arm(200, 0), arm(200, 0.15)];
  const { pValue } = differenceOfMeans(momentsOf(control.covariates), momentsOf(treatment.covariates));
  expect(pValue).toBeGreaterThan(0.001);
  expect(pValue).toBeLessThan(0.5);
  expect(cuped(control, treatment).covariatePValue).toBeCloseTo(2 * pValue, 12);
});

test("the power to find a difference of nearly nothing is alpha: both tails count", () => {
  const rates = { control: 0.1, treatment: 0.1001 };
  const power = proportionsPower(rates, 1000);
  const pooled = (rates.control + rates.treatment) / 2;
  const error = Math.sqrt((2 * pooled * (1 - pooled)) / 1000);
  const z = (rates.treatment - rates.control) / error;
  expect(power).toBeCloseTo(normalCdf(z - 1.959963985) + normalCdf(-z - 1.959963985), 6);
  expect(power).toBeGreaterThan(0.05);
  expect(power).toBeLessThan(0.0501);
});

test("interleaving with unequal shares needs fewer units than at a spread of one half", () => {
  // p = 6/7: (1.959964 / 2 + 0.841621 sqrt(6/49))^2 / (6/7 - 1/2)^2 / 0.7 = 18.2; with 1/2 for the root it is 22.
  expect(interleavingSampleSize({ winShareB: 0.6, winShareA: 0.1 })).toBe(19);
});

test("a gain over a negative control is a relative gain", () => {
  const effect = differenceOfMeans(momentsOf(Float64Array.of(-5, -4, -3)), momentsOf(Float64Array.of(-3, -2, -1)));
  expect(effect).toMatchObject({ control: -4, difference: 2, relative: 0.5 });
});

test("a randomisation test of drawn flips never says 0", () => {
  const pairs = 40;
  const arms = Uint8Array.from({ length: 2 * pairs }, (_, block) => block % 2);
  const design = { startMs: 0, blockMs: 10, regions: 1, pairs, arms };
  const times = Float64Array.from(arms, (_, block) => 10 * block + 5);
  const values = Float64Array.from(arms, (arm, block) => arm + block / 1000);
  const result = switchbackEffect(design, { times, values }, { random: new Random(1), resamples: 99 });
  expect(result.randomisationPValue).toBe(1 / 100);
});
