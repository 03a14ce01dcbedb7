import { Random } from "@sequitur/core";
import { describe, expect, test } from "vitest";
import { banditWorld, errorsOf, type BanditWorld } from "./bandit-world.fixture.js";
import { directMethod, doublyRobust, switchDr } from "./doubly-robust.js";
import { clippedIps, ips, naiveMean, snips } from "./importance-sampling.js";
import { probabilitiesOf, unsupportedMass, type LoggedBandit } from "./logged-bandit.js";
import { bootstrapEstimate, empiricalBernstein } from "./off-policy-interval.js";
import type { OffPolicyEstimate } from "./off-policy-estimate.js";
import { moreRobustDoublyRobust, mrdrWeights, rewardPredictions, type RewardFeatures } from "./reward-model.js";

const ROWS = 500;
const LOGS = 300;

/** Errors of an estimator over 300 logs of 500 rows; the same logs for every estimator. */
function over(estimator: (world: BanditWorld, random: Random) => OffPolicyEstimate) {
  return errorsOf(LOGS, "bandit", (random) => {
    const world = banditWorld(random, ROWS);
    return { estimate: estimator(world, random), truth: world.truth };
  });
}

/** Unbiased: the mean error is within four of its standard errors of 0. */
function expectUnbiased({ bias, biasError }: { bias: number; biasError: number }): void {
  expect(Math.abs(bias), `bias ${bias}, error ${biasError}`).toBeLessThan(4 * biasError);
}

const withModel = (world: BanditWorld, error: number): LoggedBandit => ({
  ...world.log,
  predictions: world.predictions(error),
});
/** Propensities that are wrong by up to a factor 2, by action. */
const distorted = (log: LoggedBandit): LoggedBandit => ({
  ...log,
  propensities: log.propensities.map((p, row) => Math.min(1, p * [0.5, 1.5, 1, 2, 0.7][log.actions[row]!]!)),
});
const naive = over(({ log }) => naiveMean(log));

/** An indicator for each (context, action): enough for a perfect model; or for each action alone: a poor one. */
const features = (world: BanditWorld, known: "all" | "action"): RewardFeatures => ({
  width: known === "all" ? 30 : 5,
  write: (row, action, out) => {
    out[known === "all" ? world.contexts[row]! * 5 + action : action] = 1;
  },
});

describe("on 300 simulated logs of 500 rows with known truth", () => {
  test("the naive mean is far off: it is the value of another policy", () => {
    expect(Math.abs(naive.bias)).toBeGreaterThan(20 * naive.biasError);
    expect(naive.rmse).toBeGreaterThan(0.15);
  });

  test("IPS is unbiased; SNIPS nearly so and more exact; clipping trades bias for variance; all beat the naive mean", () => {
    const plain = over(({ log }) => ips(log));
    const normalised = over(({ log }) => snips(log));
    const clipped = over(({ log }) => clippedIps(log, { maxWeight: 3 }));
    expectUnbiased(plain);
    expect(Math.abs(normalised.bias)).toBeLessThan(0.005);
    expect(normalised.rmse).toBeLessThan(plain.rmse);
    expect(clipped.bias).toBeLessThan(-5 * clipped.biasError);
    for (const { rmse } of [plain, normalised, clipped]) expect(rmse).toBeLessThan(0.75 * naive.rmse);
  });

  test("the direct method has its model's bias, and with a perfect model the least error", () => {
    expectUnbiased(over((world) => directMethod(withModel(world, 0))));
    expect(over((world) => directMethod(withModel(world, 0.1))).bias).toBeGreaterThan(0.05);
  });

  test("doubly robust is unbiased when either the propensities or the model are right, and not when neither is", () => {
    expectUnbiased(over((world) => doublyRobust(withModel(world, 0.1))));
    expectUnbiased(over((world) => doublyRobust({ ...distorted(world.log), predictions: world.predictions(0) })));
    const neither = over((world) => doublyRobust({ ...distorted(world.log), predictions: world.predictions(0.1) }));
    expect(Math.abs(neither.bias)).toBeGreaterThan(4 * neither.biasError);
    const distortedIps = over((world) => ips(distorted(world.log)));
    expect(Math.abs(distortedIps.bias)).toBeGreaterThan(4 * distortedIps.biasError);
    const good = over((world) => doublyRobust(withModel(world, 0)));
    expect(good.rmse).toBeLessThan(0.8 * over(({ log }) => ips(log)).rmse);
  });

  test("SWITCH-DR lies between the direct method and doubly robust, and is each at its ends", () => {
    const { log, predictions } = banditWorld(new Random("ends"), 200);
    const modelled = { ...log, predictions: predictions(0.1) };
    expect(switchDr(modelled, { threshold: 1e9 }).value).toBe(doublyRobust(modelled).value);
    expect(switchDr(modelled, { threshold: 1e-9 }).value).toBeCloseTo(directMethod(modelled).value, 12);
    const switched = over((world) => switchDr(withModel(world, 0.05), { threshold: 3 }));
    expect(Math.abs(switched.bias)).toBeLessThan(over((world) => directMethod(withModel(world, 0.05))).bias);
    expect(switched.rmse).toBeLessThan(0.5 * naive.rmse);
  });

  test("cross-fitted models keep doubly robust unbiased; MRDR's has the least error of the poor ones", () => {
    const of = (known: "all" | "action", weighting: "uniform" | "mrdr") =>
      over((world, random) => {
        const plan = { policy: world.evaluation, features: features(world, known), random: random.fork("folds") };
        if (weighting === "mrdr") return moreRobustDoublyRobust(world.log, plan);
        return doublyRobust({ ...world.log, predictions: rewardPredictions(world.log, plan) });
      });
    const [full, poor, robust] = [of("all", "uniform"), of("action", "uniform"), of("action", "mrdr")];
    for (const errors of [full, poor, robust]) expectUnbiased(errors);
    const plain = over(({ log }) => ips(log));
    expect(full.rmse).toBeLessThan(plain.rmse);
    expect(robust.rmse).toBeLessThan(poor.rmse);
    expect(robust.rmse).toBeLessThan(0.5 * naive.rmse);
  });

  test("the stated standard errors, and the bootstrap's, are those of the simulation", () => {
    for (const estimator of [ips, snips]) {
      const errors = over(({ log }) => estimator(log));
      const { log } = banditWorld(new Random("error"), 8000);
      const estimate = estimator(log);
      const interval = bootstrapEstimate(estimate, { random: new Random("bootstrap"), resamples: 500 });
      // Sixteen times the rows: a quarter of the error.
      expect(Math.abs((4 * estimate.standardError) / errors.rmse - 1)).toBeLessThan(0.15);
      expect(Math.abs((4 * interval.standardError) / errors.rmse - 1)).toBeLessThan(0.2);
    }
  });
});

describe("rewardPredictions", () => {
  test("with a table of indicators and a small ridge is the mean of the other folds", () => {
    const actions = Int32Array.of(0, 0, 1, 1, 0, 0, 1, 1, 0, 1);
    const rewards = Float64Array.of(1, 0, 0, 0, 1, 1, 1, 0, 0, 0);
    const ones = new Float64Array(10).fill(0.5);
    const log = { actions, rewards, propensities: ones, evaluation: ones };
    const policy = { actions: 2, probabilities: (_: number, out: Float64Array) => out.fill(0.5) };
    const indicators = { width: 2, write: (_: number, action: number, out: Float64Array) => (out[action] = 1) };
    const plan = {
      policy: { ...policy, probabilities: (row: number, out: Float64Array) => void policy.probabilities(row, out) },
    };
    const random = new Random("folds");
    const { logged, expected } = rewardPredictions(log, {
      ...plan,
      features: { width: 2, write: (row, action, out) => void indicators.write(row, action, out) },
      folds: 10,
      ridge: 1e-9,
      random,
    });
    for (let row = 0; row < 10; row++) {
      const meanOf = (action: number) => {
        const rows = [...actions.keys()].filter((other) => other !== row && actions[other] === action);
        return rows.reduce((sum, other) => sum + rewards[other]!, 0) / rows.length;
      };
      expect(logged[row]).toBeCloseTo(meanOf(actions[row]!), 6);
      expect(expected[row]).toBeCloseTo((meanOf(0) + meanOf(1)) / 2, 6);
    }
  });

  test("MRDR's weights are w^2 (1 - propensity)", () => {
    const log = { actions: new Int32Array(2), rewards: new Float64Array(2) };
    const weights = mrdrWeights({
      ...log,
      propensities: Float64Array.of(0.25, 1),
      evaluation: Float64Array.of(0.5, 0.3),
    });
    expect([...weights]).toEqual([3, 0]);
  });

  test("refuses unknown weightings and too few rows for the folds", () => {
    const world = banditWorld(new Random("refuse"), 3);
    const plan = { policy: world.evaluation, features: features(world, "action"), random: new Random(0) };
    expect(() => rewardPredictions(world.log, { ...plan, folds: 4 })).toThrow("at least 4 rows, got 3");
    expect(() => rewardPredictions(world.log, { ...plan, weighting: "best" as never })).toThrow("got best");
    const beyond = { ...world.log, actions: Int32Array.of(0, 5, 1) };
    expect(() => rewardPredictions(beyond, plan)).toThrow("actions must be below 5, got 5 in row 1");
  });
});

describe("intervals", () => {
  test("bootstrap and empirical Bernstein cover the truth at least as often as they say, the latter far wider", () => {
    let [boot, bernstein, bootWidth, bernsteinWidth] = [0, 0, 0, 0];
    const root = new Random("cover");
    for (let i = 0; i < 200; i++) {
      const { log, truth } = banditWorld(root.fork(i), ROWS);
      const estimate = clippedIps(log, { maxWeight: 20 });
      const percentile = bootstrapEstimate(estimate, { random: root.fork(`b${i}`), resamples: 300 });
      const bounded = empiricalBernstein(estimate, { least: 0, most: 20 });
      if (percentile.low <= truth && truth <= percentile.high) boot++;
      if (bounded.low <= truth && truth <= bounded.high) bernstein++;
      bootWidth += percentile.high - percentile.low;
      bernsteinWidth += bounded.high - bounded.low;
    }
    // Four binomial standard deviations of 200 at 0.95 are 0.062.
    expect(boot / 200).toBeGreaterThan(0.95 - 0.062);
    expect(bernstein).toBe(200);
    expect(bernsteinWidth).toBeGreaterThan(2 * bootWidth);
  });

  test("empirical Bernstein by hand: 0 and 1, twice each, at 95 %", () => {
    const log = {
      actions: new Int32Array(4),
      propensities: new Float64Array(4).fill(1),
      evaluation: new Float64Array(4).fill(1),
    };
    const { low, high, mean } = empiricalBernstein(ips({ ...log, rewards: Float64Array.of(0, 1, 0, 1) }), {
      least: 0,
      most: 1,
    });
    const logarithm = Math.log(80);
    expect(mean).toBe(0.5);
    expect(high - 0.5).toBeCloseTo(Math.sqrt((2 * (1 / 3) * logarithm) / 4) + (7 * logarithm) / 9, 12);
    expect(low).toBeCloseTo(1 - high, 12);
  });

  test("clusters are drawn whole, for means and for ratios", () => {
    const { log } = banditWorld(new Random("clusters"), 200);
    const copies = <T extends Float64Array | Int32Array>(column: T): T =>
      column.map((_, row) => column[Math.floor(row / 10)]!) as T;
    const repeated = {
      actions: copies(log.actions),
      propensities: copies(log.propensities),
      rewards: copies(log.rewards),
      evaluation: copies(log.evaluation),
    };
    const clusters = Int32Array.from({ length: 200 }, (_, row) => Math.floor(row / 10));
    for (const estimate of [ips(repeated), snips(repeated)]) {
      const width = (options: { clusters?: Int32Array }) => {
        const { low, high } = bootstrapEstimate(estimate, { random: new Random("draw"), ...options });
        return high - low;
      };
      // Ten copies of 20 rows: sqrt(10) times the width.
      expect(width({ clusters }) / width({})).toBeGreaterThan(2);
    }
  });

  test("refuses a ratio, bounds that do not hold, and one row", () => {
    const { log } = banditWorld(new Random("refuse"), 50);
    const bounds = { least: 0, most: 1000 };
    expect(() => empiricalBernstein(snips(log), bounds)).toThrow("got the ratio snips");
    expect(() => empiricalBernstein(ips(log), { least: 0, most: 0.001 })).toThrow(
      "contributions must be in [0, 0.001]",
    );
    expect(() => empiricalBernstein(ips(log), { least: 1, most: 1 })).toThrow("least must be below most");
  });
});

describe("diagnostics", () => {
  test("by hand: weights 1, 1, 2, 0", () => {
    const estimate = ips({
      actions: new Int32Array(4),
      propensities: Float64Array.of(0.5, 0.5, 0.5, 0.5),
      rewards: Float64Array.of(1, 0, 1, 1),
      evaluation: Float64Array.of(0.5, 0.5, 1, 0),
    });
    expect(estimate.value).toBe(3 / 4);
    expect(estimate.weights).toMatchObject({ count: 4, mean: 1, max: 2, zeroShare: 0.25, largestShare: 0.5 });
    expect(estimate.weights!.effectiveSampleSize).toBeCloseTo(16 / 6, 12);
  });

  test("a healthy log has no warnings", () => {
    expect(ips(banditWorld(new Random("healthy"), 5000).log).warnings).toEqual([]);
  });

  test("missing support shows in the mean weight, and exactly where the logging policy is known", () => {
    const { log, evaluation, logging } = banditWorld(new Random("support"), 5000);
    // The log as a policy would leave it that never takes action 0: rows of 0 gone, the others' propensities raised.
    const keep = [...log.actions.keys()].filter((row) => log.actions[row] !== 0);
    const zeroOf = (row: number) => {
      const all = new Float64Array(5);
      logging.probabilities(row, all);
      return all[0]!;
    };
    const cut: LoggedBandit = {
      actions: Int32Array.from(keep, (row) => log.actions[row]!),
      rewards: Float64Array.from(keep, (row) => log.rewards[row]!),
      propensities: Float64Array.from(keep, (row) => log.propensities[row]! / (1 - zeroOf(row))),
      evaluation: Float64Array.from(keep, (row) => log.evaluation[row]!),
    };
    expect(ips(cut).warnings[0]).toMatch(/^missing support: the mean weight is 0\.[5-9]/);
    const rows = {
      actions: 5,
      probabilities: (row: number, out: Float64Array) => logging.probabilities(keep[row]!, out),
    };
    const none: typeof rows = {
      ...rows,
      probabilities: (row, out) => {
        rows.probabilities(row, out);
        const rest = 1 - out[0]!;
        out.forEach((p, action) => (out[action] = action === 0 ? 0 : p / rest));
      },
    };
    const wanted = {
      actions: 5,
      probabilities: (row: number, out: Float64Array) => evaluation.probabilities(keep[row]!, out),
    };
    const { mean, worst } = unsupportedMass(keep.length, wanted, none);
    expect(Math.abs(mean - (1 - ips(cut).weights!.mean))).toBeLessThan(4 * ips(cut).weights!.meanError);
    expect(worst).toBeGreaterThan(mean);
    expect(unsupportedMass(keep.length, wanted, rows)).toEqual({ mean: 0, worst: 0, row: 0 });
  });

  test("propensities that are too small, few effective rows, and cut weights are told", () => {
    const { log } = banditWorld(new Random("warn"), 5000);
    const halved = { ...log, propensities: log.propensities.map((p) => p / 2) };
    expect(ips(halved).warnings[0]).toContain("wrong propensities: the mean weight is");
    const rare = {
      ...log,
      propensities: log.propensities.map((p, row) => (row === 7 ? 1e-6 : p)),
      evaluation: log.evaluation.map((p) => Math.max(p, 0.01)),
    };
    expect(ips(rare).warnings.join(" ")).toMatch(/weak overlap: 5000 rows weigh like .* one row carries/s);
    expect(clippedIps(log, { maxWeight: 2 }).warnings.at(-1)).toMatch(/^weights above 2 were cut in \d+ rows/);
  });
});

describe("bad input", () => {
  const good: LoggedBandit = {
    actions: Int32Array.of(0, 1),
    propensities: Float64Array.of(0.5, 0.5),
    rewards: Float64Array.of(1, 0),
    evaluation: Float64Array.of(0.2, 0.8),
  };
  test.each([
    ["propensity 0", { propensities: Float64Array.of(0.5, 0) }, "propensities must be in (0, 1], got 0 in row 1"],
    [
      "propensity above 1",
      { propensities: Float64Array.of(1.5, 1) },
      "propensities must be in (0, 1], got 1.5 in row 0",
    ],
    ["propensity NaN", { propensities: Float64Array.of(Number.NaN, 1) }, "in (0, 1], got NaN in row 0"],
    ["evaluation above 1", { evaluation: Float64Array.of(0.5, 1.1) }, "evaluation must be in [0, 1], got 1.1 in row 1"],
    ["reward NaN", { rewards: Float64Array.of(0, Number.NaN) }, "rewards must be finite, got NaN in row 1"],
    ["another length", { evaluation: Float64Array.of(1) }, "evaluation must have 2 rows, got 1"],
    ["negative action", { actions: Int32Array.of(0, -1) }, "actions must be at least 0, got -1 in row 1"],
    ["no overlap", { evaluation: new Float64Array(2) }, "no overlap: the evaluation policy must take some"],
  ])("%s is a named error", (_, change, message) => {
    expect(() => ips({ ...good, ...change })).toThrow(message);
    expect(() => ips({ ...good, ...change })).toThrow(expect.objectContaining({ code: "bad-data" }));
  });

  test("an empty log, no predictions, options out of range, and rows that are no distribution", () => {
    const nothing = {
      actions: new Int32Array(0),
      propensities: new Float64Array(0),
      rewards: new Float64Array(0),
      evaluation: new Float64Array(0),
    };
    expect(() => naiveMean(nothing)).toThrow("at least one row");
    expect(() => doublyRobust(good)).toThrow("doubly-robust needs the predictions of a reward model");
    expect(() => clippedIps(good, { maxWeight: 0 })).toThrow("maxWeight must be finite and above 0, got 0");
    const half = { actions: 2, probabilities: (_: number, out: Float64Array) => void out.fill(0.4) };
    expect(() => probabilitiesOf(good.actions, half)).toThrow("must sum to 1, got 0.8 in row 0");
    expect(() => probabilitiesOf(Int32Array.of(2), half)).toThrow("actions must be in [0, 2), got 2 in row 0");
  });
});
