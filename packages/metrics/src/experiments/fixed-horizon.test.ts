import { Random } from "@sequitur/core";
import { describe, expect, test } from "vitest";
import { calibrate, calibrateBySplitting, shareInterval } from "./calibration.js";
import { cuped } from "./cuped.js";
import { differenceOfMeans } from "./difference-of-means.js";
import { mergeMoments, momentsOf, NO_UNITS } from "./moments.js";
import { compareArms } from "./multiple-arms.js";
import { differenceOfRatios, ratioByUnit, ratioEstimate, type RatioSample } from "./ratio-metric.js";
import { sampleRatioTest } from "./sample-ratio.js";
import { segmentEffects } from "./segment-effects.js";
import { expectShare, normals, rateOf } from "./simulation.fixture.js";

describe("moments", () => {
  test("by hand, and merged day by day as if together", () => {
    expect(momentsOf([1, 2, 3, 6])).toEqual({ count: 4, mean: 3, variance: 14 / 3 });
    expect(momentsOf([])).toEqual(NO_UNITS);
    const values = normals(new Random("moments"), 1000, 1e6);
    const days = [0, 1, 250, 999, 1000].map((start, day, all) => values.subarray(start, all[day + 1] ?? 1000));
    const merged = days.map((day) => momentsOf(day)).reduce(mergeMoments, NO_UNITS);
    const whole = momentsOf(values);
    expect(merged.count).toBe(1000);
    expect(merged.mean).toBeCloseTo(whole.mean, 8);
    expect(merged.variance).toBeCloseTo(whole.variance, 8);
    expect(() => momentsOf([1, Number.NaN])).toThrow("values must be finite, got NaN at index 1");
  });
});

describe("differenceOfMeans", () => {
  test("two samples worked through by hand", () => {
    // Means 3 and 6, variances 2.5 and 10, five each: error sqrt(2.5), degrees 2.5^2 / (0.5^2/4 + 2^2/4) = 5.882.
    const effect = differenceOfMeans(momentsOf([1, 2, 3, 4, 5]), momentsOf([2, 4, 6, 8, 10]));
    expect(effect).toMatchObject({ control: 3, treatment: 6, difference: 3, relative: 1 });
    expect(effect.standardError).toBeCloseTo(Math.sqrt(2.5), 12);
    expect(effect.degrees).toBeCloseTo(6.25 / (0.25 / 4 + 4 / 4), 12);
    expect(effect.pValue).toBeCloseTo(0.10753, 4);
    expect(effect.low).toBeCloseTo(3 - 2.4587 * Math.sqrt(2.5), 3);
  });

  test("false alarms at 5 % and uniform p-values, with unequal sizes and variances", () => {
    const result = calibrate(
      (random) => differenceOfMeans(momentsOf(normals(random, 15, 0, 3)), momentsOf(normals(random, 60))).pValue,
      { random: new Random("welch"), experiments: 4000 },
    );
    // Four binomial standard deviations of 4,000 at 0.05 are 0.0138.
    expect(Math.abs(result.falsePositiveRate - 0.05)).toBeLessThan(0.0138);
    expect(result.uniformPValue).toBeGreaterThan(0.001);
  });

  test("no variance: certain, or nothing; fewer than two units: refused", () => {
    expect(differenceOfMeans(momentsOf([2, 2]), momentsOf([2, 2]))).toMatchObject({ pValue: 1, low: 0, high: 0 });
    expect(differenceOfMeans(momentsOf([2, 2]), momentsOf([3, 3]))).toMatchObject({ pValue: 0, low: 1, high: 1 });
    expect(() => differenceOfMeans(momentsOf([2]), momentsOf([3, 3]))).toThrow("arm control must have at least two");
  });
});

/** Users with 1 to 9 slates and a click rate of their own; `lift` multiplies the rates. */
function clickers(random: Random, users: number, lift = 1): RatioSample & { clicks: number[]; owners: number[] } {
  const [clicks, owners] = [[] as number[], [] as number[]];
  for (let user = 0; user < users; user++) {
    const rate = lift * (0.1 + 0.4 * random.uniform());
    // Keen users see more slates and click more: what makes events of a user depend.
    const slates = 1 + Math.floor(18 * rate * random.uniform());
    for (let slate = 0; slate < slates; slate++) {
      clicks.push(random.uniform() < rate ? 1 : 0);
      owners.push(user);
    }
  }
  return { ...ratioByUnit(Float64Array.from(clicks), owners), clicks, owners };
}

describe("differenceOfRatios", () => {
  test("by hand", () => {
    // Ratio 6/4; residuals 1 - 1.5, 2 - 1.5, 3 - 3 = -0.5, 0.5, 0: variance 0.25, over mean(y)^2 = 16/9.
    const estimate = ratioEstimate({ numerators: Float64Array.of(1, 2, 3), denominators: Float64Array.of(1, 1, 2) });
    expect(estimate.ratio).toBe(1.5);
    expect(estimate.unitVariance).toBeCloseTo(0.25 / (16 / 9), 12);
    expect(estimate.variance).toBeCloseTo(0.25 / (16 / 9) / 3, 12);
  });

  test("denominators of 1 are a mean", () => {
    const values = normals(new Random("ones"), 50);
    const estimate = ratioEstimate({ numerators: values, denominators: new Float64Array(50).fill(1) });
    expect(estimate.ratio).toBeCloseTo(momentsOf(values).mean, 12);
    expect(estimate.variance).toBeCloseTo(momentsOf(values).variance / 50, 12);
  });

  test("holds 5 % where a test of single slates gives visibly more false alarms", () => {
    const sensible = (random: Random) => differenceOfRatios(clickers(random, 200), clickers(random, 200)).pValue;
    const naive = (random: Random) =>
      differenceOfMeans(momentsOf(clickers(random, 200).clicks), momentsOf(clickers(random, 200).clicks)).pValue;
    const plan = { random: new Random("ratio"), experiments: 2000 };
    // Four binomial standard deviations of 2,000 at 0.05 are 0.0195.
    expect(Math.abs(calibrate(sensible, plan).falsePositiveRate - 0.05)).toBeLessThan(0.0195);
    expect(calibrate(naive, plan).falsePositiveRate).toBeGreaterThan(0.07);
  });

  test("refuses what has no ratio", () => {
    const of = (denominators: number[]) => () =>
      ratioEstimate({ numerators: Float64Array.of(1, 2), denominators: Float64Array.from(denominators) });
    expect(of([0, 0])).toThrow("must not all be 0");
    expect(of([1, -1])).toThrow("at least 0, got -1 at index 1");
    expect(of([1])).toThrow("must have 2 values, got 1");
  });
});

/** Values that a pre-period predicts with correlation 0.8; a tenth has no history. */
function withHistory(random: Random, size: number, effect: number) {
  const covariates = normals(random, size, 5);
  const values = covariates.map((covariate) => effect + 0.8 * covariate + 0.6 * random.normal());
  return { values, covariates: covariates.map((covariate) => (random.uniform() < 0.1 ? Number.NaN : covariate)) };
}

describe("cuped", () => {
  test("removes the explained share of the variance, keeps the effect, and stays at 5 % in A/A", () => {
    const root = new Random("cuped");
    const result = cuped(withHistory(root.fork("a"), 20_000, 0), withHistory(root.fork("b"), 20_000, 0.1));
    // 90 % of the units have a covariate of squared correlation 0.64.
    expect(result.varianceReduction).toBeCloseTo(0.9 * 0.64, 1.5);
    expect(result.theta).toBeCloseTo(0.8, 1.5);
    expect(result.withoutHistory).toBeCloseTo(0.1, 2);
    expect(Math.abs(result.difference - 0.1)).toBeLessThan(4 * result.standardError);
    expect(result.warnings).toEqual([]);
    const aa = calibrate((random) => cuped(withHistory(random, 60, 0), withHistory(random, 90, 0)).pValue, {
      random: root,
      experiments: 2000,
    });
    expect(Math.abs(aa.falsePositiveRate - 0.05)).toBeLessThan(0.0195);
  });

  test("finds an effect that the plain test mostly misses, with the power its variance promises", () => {
    const root = new Random("cuped power");
    let [adjusted, plain] = [0, 0];
    for (let experiment = 0; experiment < 400; experiment++) {
      const random = root.fork(experiment);
      const result = cuped(withHistory(random, 300, 0), withHistory(random, 300, 0.15));
      if (result.pValue < 0.05) adjusted++;
      if (result.unadjusted.pValue < 0.05) plain++;
    }
    // z = 0.15 / sqrt(2 v / 300): v = 1 gives power 0.45, v = 0.424 gives 0.80; four deviations of 400 are 0.1.
    expectShare(plain / 400, 0.45, 400);
    expectShare(adjusted / 400, 0.8, 400);
  });

  test("warns of a covariate that the treatment moved, of lost history, and of one that never varies", () => {
    const random = new Random("unhealthy");
    const control = withHistory(random, 2000, 0);
    const treated = withHistory(random, 2000, 0);
    const moved = cuped(control, { ...treated, covariates: treated.covariates.map((covariate) => covariate + 0.5) });
    expect(moved.covariatePValue).toBeLessThan(1e-6);
    expect(moved.warnings[0]).toContain("must be measured before assignment");
    const lost = cuped(control, {
      ...treated,
      covariates: treated.covariates.map((x, i) => (i % 3 === 0 ? Number.NaN : x)),
    });
    expect(lost.covariatePValue).toBeLessThan(1e-6);
    const constant = { values: control.values, covariates: new Float64Array(2000).fill(7) };
    expect(cuped(constant, constant)).toMatchObject({ theta: 0, varianceReduction: 0 });
    expect(cuped(constant, constant).warnings[0]).toContain("does not vary");
    expect(() => cuped(control, { ...treated, covariates: new Float64Array(3) })).toThrow(
      "must have 2000 values, got 3",
    );
  });
});

describe("sampleRatioTest", () => {
  test("by hand: 50,500 against 49,500 is (500^2 + 500^2) / 50,000 = 10", () => {
    const result = sampleRatioTest([50_500, 49_500]);
    expect(result.chiSquare).toBeCloseTo(10, 10);
    expect(result.pValue).toBeCloseTo(0.0015654, 6);
    expect(result.mismatch).toBe(false);
    expect(sampleRatioTest([50_600, 49_400]).mismatch).toBe(true);
    expect(sampleRatioTest([10_000, 5_000, 5_000], [2, 1, 1])).toMatchObject({ chiSquare: 0, degrees: 2, pValue: 1 });
  });

  test("alarms as often as it says, over three arms of unequal shares; finds an arm that lost units", () => {
    const draw = (random: Random, lost: number): readonly number[] => {
      const counts = [0, 0, 0];
      for (let unit = 0; unit < 2000; unit++) {
        const place = random.uniform();
        const arm = place < 0.5 ? 0 : place < 0.8 ? 1 : 2;
        if (arm === 0 && random.uniform() < lost) continue;
        counts[arm]!++;
      }
      return counts;
    };
    const test = (random: Random) => sampleRatioTest(draw(random, 0), [0.5, 0.3, 0.2]).pValue;
    const aa = calibrate(test, { random: new Random("srm"), experiments: 1000 });
    expectShare(aa.falsePositiveRate, 0.05, 1000);
    const found = rateOf(200, "lost", (random) => sampleRatioTest(draw(random, 0.3), [5, 3, 2]).mismatch);
    expect(found).toBeGreaterThan(0.9);
  });

  test("refuses counts and shares that cannot be", () => {
    expect(() => sampleRatioTest([10])).toThrow("two or more arms, got 1 and 1");
    expect(() => sampleRatioTest([10, -1])).toThrow("whole numbers, got -1");
    expect(() => sampleRatioTest([10, 10], [1, 0])).toThrow("above 0, got 0");
    expect(() => sampleRatioTest([4, 4])).toThrow("at least 5 units, got 4");
  });
});

describe("compareArms", () => {
  const arms = (random: Random, effects: Record<string, number>) =>
    new Map(Object.entries(effects).map(([arm, effect]) => [arm, momentsOf(normals(random, 100, effect))]));

  test("errs on any of four arms at most 5 % of the time after correction, visibly more without", () => {
    const null4 = (random: Random) => compareArms(arms(random, { control: 0, a: 0, b: 0, c: 0, d: 0 }), "control");
    const corrected = rateOf(1000, "arms", (random) =>
      null4(random).some(({ adjustedPValue }) => adjustedPValue <= 0.05),
    );
    const plain = rateOf(1000, "arms", (random) => null4(random).some(({ pValue }) => pValue <= 0.05));
    // Four binomial standard deviations of 1,000 at 0.05 are 0.0276.
    expect(corrected).toBeLessThan(0.05 + 0.0276);
    expect(plain).toBeGreaterThan(0.1);
  });

  test("names the arm with the effect, in the order given; refuses a control that is not there", () => {
    const [a, b] = compareArms(arms(new Random("planted"), { a: 0, control: 0, b: 1 }), "control");
    expect([a!.arm, b!.arm]).toEqual(["a", "b"]);
    expect(a!.adjustedPValue).toBeGreaterThan(0.05);
    expect(b!.adjustedPValue).toBeLessThan(1e-6);
    expect(() => compareArms(arms(new Random("x"), { a: 0 }), "control")).toThrow("one of a, got control");
  });
});

describe("segmentEffects", () => {
  const segment = (random: Random, name: string, effect: number, size = 200) => ({
    name,
    control: momentsOf(normals(random, size)),
    treatment: momentsOf(normals(random, size, effect)),
  });
  const names = ["new", "casual", "regular", "power"];

  test("one effect for all is not called different, at 5 %; nor is any segment singled out under none", () => {
    const all = (random: Random, effect: number) => segmentEffects(names.map((name) => segment(random, name, effect)));
    const different = rateOf(1000, "same", (random) => all(random, 0.3).heterogeneity.pValue <= 0.05);
    expectShare(different, 0.05, 1000);
    const singled = rateOf(1000, "none", (random) => all(random, 0).segments.some((own) => own.adjustedPValue <= 0.05));
    expect(singled).toBeLessThan(0.05 + 0.0276);
  });

  test("a planted difference is found, and pooled by precision", () => {
    const random = new Random("segments");
    const result = segmentEffects([segment(random, "new", 0.8, 2000), segment(random, "power", 0, 200)]);
    expect(result.heterogeneity.pValue).toBeLessThan(1e-6);
    expect(result.segments.map(({ adjustedPValue }) => adjustedPValue < 0.01)).toEqual([true, false]);
    expect(result.segments[0]!.units).toBe(4000);
    // Ten times the units, ten times the weight.
    expect(result.pooled.difference).toBeCloseTo(
      (10 * result.segments[0]!.difference + result.segments[1]!.difference) / 11,
      1,
    );
    expect(result.pooled.standardError).toBeCloseTo(Math.sqrt(2 / 2200), 3);
  });

  test("Cochran's Q by hand: effects 0 and 2 with error 1 each", () => {
    const own = (mean: number) => ({ count: 4, mean, variance: 2 });
    const result = segmentEffects([
      { name: "a", control: own(0), treatment: own(0) },
      { name: "b", control: own(0), treatment: own(2) },
    ]);
    expect(result.heterogeneity).toMatchObject({ q: 2, degrees: 1 });
    expect(result.pooled.difference).toBe(1);
  });

  test("refuses one segment, twice the same name, and segments without units or variance", () => {
    const random = new Random("bad");
    const good = segment(random, "a", 0);
    expect(() => segmentEffects([good])).toThrow("at least two segments");
    expect(() => segmentEffects([good, good])).toThrow("distinct names");
    expect(() => segmentEffects([good, { ...good, name: "b", control: NO_UNITS }])).toThrow("segment b must have two");
  });
});

describe("calibrate", () => {
  test("passes a uniform test, fails one that alarms too often and one that is never sure", () => {
    const plan = { random: new Random("calibration"), experiments: 1000 };
    expect(calibrate((random) => random.uniform(), plan).calibrated).toBe(true);
    expect(calibrate((random) => random.uniform() ** 2, plan)).toMatchObject({ calibrated: false });
    expect(calibrate((random) => Math.sqrt(random.uniform()), plan)).toMatchObject({ calibrated: false });
    expect(() => calibrate(() => 2, plan)).toThrow("in [0, 1], got 2 in experiment 0");
    expect(() => calibrate(() => 1, { ...plan, signal: AbortSignal.abort() })).toThrow("cancelled");
  });

  test("splits real units into halves of distinct rows", () => {
    const values = normals(new Random("units"), 101).map((value) => Math.exp(value));
    const take = (rows: Int32Array) => momentsOf(Float64Array.from(rows, (row) => values[row]!));
    let seen = 0;
    const result = calibrateBySplitting(
      101,
      (control, treatment) => {
        seen = new Set([...control, ...treatment]).size;
        return differenceOfMeans(take(control), take(treatment)).pValue;
      },
      { random: new Random("split"), experiments: 500 },
    );
    expect(seen).toBe(101);
    expectShare(result.falsePositiveRate, 0.05, 500);
    expect(result.uniformPValue).toBeGreaterThan(0.001);
  });

  test("the exact interval of a share, by table: 0 of 10, 2 of 20, all of 5", () => {
    expect(shareInterval(0, 10).high).toBeCloseTo(1 - 0.025 ** (1 / 10), 10);
    expect(shareInterval(0, 10).low).toBe(0);
    expect(shareInterval(2, 20).low).toBeCloseTo(0.01235, 5);
    expect(shareInterval(2, 20).high).toBeCloseTo(0.31698, 5);
    expect(shareInterval(5, 5)).toEqual({ low: expect.closeTo(0.025 ** (1 / 5), 10), high: 1 });
  });
});
