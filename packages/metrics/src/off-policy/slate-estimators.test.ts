import { idTable, NONE, Random, slateLogFrom } from "@sequitur/core";
import { describe, expect, test } from "vitest";
import { errorsOf } from "./bandit-world.fixture.js";
import { loggedSlates, loggedSlatesOf, type LoggedSlates, type SlatePropensities } from "./logged-slates.js";
import type { OffPolicyEstimate } from "./off-policy-estimate.js";
import { pseudoInverse, pseudoInverseFactored, pseudoInverseVector, slateMarginals } from "./pseudo-inverse.js";
import {
  cascadeDoublyRobust,
  itemPositionIps,
  naiveSlateMean,
  rewardInteractionIps,
  slateIps,
} from "./slate-estimators.js";
import {
  ITEMS,
  LENGTH,
  REWARDS,
  SLATES,
  cascadeModel,
  drawnLog,
  evaluation,
  everySlate,
  logging,
  plackettLuce,
  propensities,
  valueOf,
  type RewardRule,
  type SlatePolicy,
  type Slates,
} from "./slate-world.fixture.js";
import { symmetricEigen } from "./symmetric-eigen.js";

const shape = { length: LENGTH, items: ITEMS };
const marginalsOf = (policy: SlatePolicy) => slateMarginals(SLATES, SLATES.map(policy.joint), shape);
const vector = pseudoInverseVector(marginalsOf(logging), marginalsOf(evaluation));

const conditional = propensities("conditional");
const marginal = propensities("marginal");
/** Models that are wrong by up to 0.15. */
const models = new Map(Object.values(REWARDS).map((reward) => [reward, cascadeModel(reward, 0.05)]));

type SlateEstimator = (log: LoggedSlates, slates: Slates, reward: RewardRule) => OffPolicyEstimate;
const estimators: Record<string, SlateEstimator> = {
  "slate-ips": (log, slates) => slateIps(log, conditional(slates)),
  iips: (log, slates) => itemPositionIps(log, marginal(slates)),
  rips: (log, slates) => rewardInteractionIps(log, conditional(slates)),
  "cascade-dr": (log, slates, reward) => cascadeDoublyRobust(log, conditional(slates), models.get(reward)!(slates)),
  "pseudo-inverse": (log) => pseudoInverse(log, [vector], new Int32Array(log.items.length / LENGTH)),
};

/** Exact bias: the mean of the contributions of all slates under the logging policy, less the truth. */
function biasOf(estimator: SlateEstimator, reward: RewardRule): number {
  const { contributions } = estimator(everySlate(reward), SLATES, reward);
  const mean = SLATES.reduce((sum, slate, row) => sum + logging.joint(slate) * contributions[row]!, 0);
  return mean - valueOf(evaluation, reward);
}

describe("which rewards an estimator is unbiased for, by enumeration of all slates", () => {
  test.each([
    ["slate-ips", ["independent", "shifted", "cascade", "whole"]],
    ["iips", ["independent"]],
    ["rips", ["independent", "cascade"]],
    ["cascade-dr", ["independent", "cascade"]],
    ["pseudo-inverse", ["independent", "shifted"]],
  ])("%s: %j and no others", (name, unbiased) => {
    const biases = Object.entries(REWARDS).map(
      ([rule, reward]) => [rule, Math.abs(biasOf(estimators[name]!, reward))] as const,
    );
    expect(biases.filter(([, bias]) => bias < 1e-9).map(([rule]) => rule)).toEqual(unbiased);
    expect(biases.filter(([, bias]) => bias < 1e-3).map(([rule]) => rule)).toEqual(unbiased);
  });

  test("cascade-DR with a perfect model has no error of weights: right also with wrong propensities", () => {
    const reward = REWARDS.cascade;
    const wrong = propensities("conditional", plackettLuce([1, 1, 1, 1]))(SLATES);
    const estimate = cascadeDoublyRobust(everySlate(reward), wrong, cascadeModel(reward, 0)(SLATES));
    for (const contribution of estimate.contributions) expect(contribution).toBeCloseTo(valueOf(evaluation, reward), 9);
  });
});

describe("on 300 simulated logs of 300 slates with known truth", () => {
  const errors = (estimator: SlateEstimator, reward: RewardRule) =>
    errorsOf(300, "slates", (random) => {
      const { slates, log } = drawnLog(reward, 300, random);
      return { estimate: estimator(log, slates, reward), truth: valueOf(evaluation, reward) };
    });
  const naive: SlateEstimator = (log) => naiveSlateMean(log);

  test("every estimator is unbiased where it should be and beats the naive mean; the fewer weights, the less error", () => {
    const independent = (name: string) => errors(estimators[name]!, REWARDS.independent);
    const found = Object.fromEntries(Object.keys(estimators).map((name) => [name, independent(name)]));
    const baseline = errors(naive, REWARDS.independent);
    const biased = Object.entries(found).filter(([, { bias, biasError }]) => Math.abs(bias) > 4 * biasError);
    expect(biased).toEqual([]);
    expect(Math.max(...Object.values(found).map(({ rmse }) => rmse))).toBeLessThan(0.8 * baseline.rmse);
    expect(found["iips"]!.rmse).toBeLessThan(found["rips"]!.rmse);
    expect(found["rips"]!.rmse).toBeLessThan(found["slate-ips"]!.rmse);
    expect(found["pseudo-inverse"]!.rmse).toBeLessThan(found["slate-ips"]!.rmse);
  });

  test("under a cascade, cascade-DR has less error than RIPS", () => {
    const [robust, plain] = ["cascade-dr", "rips"].map((name) => errors(estimators[name]!, REWARDS.cascade));
    expect(robust!.rmse).toBeLessThan(plain!.rmse);
    expect(plain!.rmse).toBeLessThan(errors(naive, REWARDS.cascade).rmse);
  });
});

describe("pseudo-inverse", () => {
  test("one position is IPS", () => {
    const of = (p: readonly number[]) => slateMarginals([[0], [1], [2]], p, { length: 1, items: 3 });
    const u = pseudoInverseVector(of([0.5, 0.3, 0.2]), of([0.2, 0.2, 0.6]));
    expect([...u].map((weight) => Number(weight.toFixed(9)))).toEqual([0.4, 0.666666667, 3]);
  });

  test("positions filled independently have the closed form", () => {
    const slates = [0, 1].flatMap((a) => [2, 3, 4].map((b) => [a, b]));
    const p = {
      logging: [
        [0.7, 0.3],
        [0.5, 0.3, 0.2],
      ],
      evaluation: [
        [0.4, 0.6],
        [0.1, 0.2, 0.7],
      ],
    } as const;
    const of = (one: readonly (readonly number[])[]) =>
      slateMarginals(
        slates,
        slates.map(([a, b]) => one[0]![a!]! * one[1]![b! - 2]!),
        { length: 2, items: 5 },
      );
    const log = {
      length: 2,
      items: Int32Array.from(slates.flat()),
      rewards: Float64Array.from({ length: 12 }, (_, i) => i),
    };
    const column = (one: readonly (readonly number[])[]) =>
      Float64Array.from(slates.flatMap(([a, b]) => [one[0]![a!]!, one[1]![b! - 2]!]));
    const closed = pseudoInverseFactored(log, { logging: column(p.logging), evaluation: column(p.evaluation) });
    const general = pseudoInverse(log, [pseudoInverseVector(of(p.logging), of(p.evaluation))], new Int32Array(6));
    for (const [row, contribution] of general.contributions.entries()) {
      expect(contribution).toBeCloseTo(closed.contributions[row]!, 8);
    }
  });

  test("refuses what the logged slates cannot stand for, and slates that are not full", () => {
    const never = slateMarginals([[0, 1, 2]], [1], shape);
    expect(() => pseudoInverseVector(never, marginalsOf(evaluation))).toThrow(
      "no overlap: the logged slates must span",
    );
    expect(() => slateMarginals([[0, 1]], [1], shape)).toThrow("3 distinct items below 4, got 0, 1 in slate 0");
    expect(() => slateMarginals([[0, 1, 1]], [1], shape)).toThrow("distinct");
    expect(() => slateMarginals([[0, 1, 2]], [0.5], shape)).toThrow("must sum to 1, got 0.5");
    const short = { length: 3, items: Int32Array.of(0, 1, NONE), rewards: new Float64Array(3) };
    expect(() => pseudoInverse(short, [vector], new Int32Array(1))).toThrow(
      "slates must be full, of items below 4, got -1 at position 2 of row 0",
    );
    expect(() => pseudoInverse(short, [vector], Int32Array.of(2))).toThrow(
      "situations must be below 1, got 2 in row 0",
    );
    const ones = new Float64Array(3).fill(1);
    expect(() => pseudoInverseFactored(short, { logging: ones, evaluation: ones })).toThrow("slates must be full");
  });
});

test("symmetricEigen rebuilds a random matrix from orthonormal vectors, also with repeated values", () => {
  const random = new Random("eigen");
  const n = 12;
  const half = Float64Array.from({ length: n * 3 }, () => random.normal());
  const matrix = Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return half[i]! * half[j]! + half[n + i]! * half[n + j]! + half[2 * n + i]! * half[2 * n + j]!;
  });
  const { values, vectors } = symmetricEigen(matrix, n);
  expect([...values].filter((value) => Math.abs(value) > 1e-9).length).toBe(3);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let [rebuilt, product] = [0, 0];
      for (let k = 0; k < n; k++) {
        rebuilt += vectors[i * n + k]! * values[k]! * vectors[j * n + k]!;
        product += vectors[k * n + i]! * vectors[k * n + j]!;
      }
      expect(rebuilt).toBeCloseTo(matrix[i * n + j]!, 9);
      expect(product).toBeCloseTo(i === j ? 1 : 0, 9);
    }
  }
});

describe("slates of different lengths, and bad input", () => {
  test("a log from clicked items; beyond the end nothing counts", () => {
    const log = loggedSlates([[7, 8, 9], [4]], [[9, 9], []], 3);
    expect([...log.items]).toEqual([7, 8, 9, 4, NONE, NONE]);
    expect([...log.rewards]).toEqual([0, 0, 2, 0, 0, 0]);
    const half = {
      logging: new Float64Array(6).fill(0.5),
      evaluation: Float64Array.of(0.5, 1, 0.25, 0.5, 9, Number.NaN),
    };
    expect(itemPositionIps(log, half).contributions).toEqual(Float64Array.of(1, 0));
    expect(rewardInteractionIps(log, half).contributions).toEqual(Float64Array.of(2, 0));
    expect(slateIps(log, half).weights).toMatchObject({ count: 2, max: 1 });
  });

  test("a slate log with clicks at positions and logged propensities; one without them is refused", () => {
    const catalog = { items: idTable(["a", "b", "c"]), users: idTable(["u", "v"]), itemColumns: {} };
    const columns = {
      users: Int32Array.of(1, 0),
      times: Float64Array.of(5, 6),
      offsets: Int32Array.of(0, 2, 5),
      items: Int32Array.of(2, 0, 0, 1, 2),
      clicks: Int32Array.of(NONE, 1),
      propensities: Float64Array.of(0.5, 0.25, 0.1, 0.2, 0.3),
    };
    const { log, propensities: logged } = loggedSlatesOf(slateLogFrom(catalog, columns));
    expect(log).toEqual({
      length: 3,
      items: Int32Array.of(0, 1, 2, 2, 0, NONE),
      rewards: Float64Array.of(0, 1, 0, 0, 0, 0),
    });
    expect([...logged]).toEqual([0.1, 0.2, 0.3, 0.5, 0.25, 1]);
    const { propensities: _none, ...unknown } = columns;
    expect(() => loggedSlatesOf(slateLogFrom(catalog, unknown))).toThrow("must have propensities, got none");
  });

  test("slates of unknown propensities are refused, or left out and counted, and never taken for certain", () => {
    const catalog = { items: idTable(["a", "b", "c"]), users: idTable(["u", "v"]), itemColumns: {} };
    const slates = slateLogFrom(catalog, {
      users: Int32Array.of(0, 0, 1),
      times: Float64Array.of(1, 2, 3),
      offsets: Int32Array.of(0, 2, 4, 5),
      items: Int32Array.of(2, 0, 0, 1, 2),
      clicks: Int32Array.of(NONE, 1, 0),
      propensities: Float64Array.of(0.5, 0.25, 0.1, NaN, 0.3),
      standardErrors: Float64Array.of(0.1, 0, NaN, NaN, NaN),
      conditionals: Float64Array.of(NaN, NaN, 0.1, 0.2, 1),
    });
    expect(() => loggedSlatesOf(slates)).toThrow("propensities of all slates must be known, got 1 of 3 where they are");
    const known = loggedSlatesOf(slates, { unknown: "leave-out" });
    expect(known).toMatchObject({ unknown: 1, estimated: 1, rows: Int32Array.of(0, 2) });
    expect([...known.propensities]).toEqual([0.5, 0.25, 0.3, 1]);
    expect([...known.log.rewards]).toEqual([0, 0, 1, 0]);
    const conditionals = loggedSlatesOf(slates, { of: "conditionals", unknown: "leave-out" });
    expect([...conditionals.rows]).toEqual([1, 2]);
    expect([...conditionals.propensities]).toEqual([0.1, 0.2, 1, 1]);
  });

  const good = { length: 2, items: Int32Array.of(3, 5, 5, 3), rewards: Float64Array.of(0, 1, 0, 0) };
  const half: SlatePropensities = { logging: new Float64Array(4).fill(0.5), evaluation: new Float64Array(4).fill(0.5) };
  test.each([
    [
      "duplicate items",
      { items: Int32Array.of(3, 5, 4, 4) },
      half,
      "must be distinct, got 4 again at position 1 of row 1",
    ],
    ["a gap", { items: Int32Array.of(3, 5, NONE, 4) }, half, "without a gap, got 4 after NONE at position 1 of row 1"],
    [
      "a click outside",
      { items: Int32Array.of(3, NONE, 5, 3) },
      half,
      "a reward must be on an item of the slate, got 1",
    ],
    [
      "a reward NaN",
      { rewards: Float64Array.of(0, Number.NaN, 0, 0) },
      half,
      "rewards must be finite, got NaN at position 1",
    ],
    ["an unknown item", { items: Int32Array.of(3, -2, 5, 3) }, half, "at least 0 or NONE, got -2"],
    ["half a slate", { items: Int32Array.of(3, 5, 4) }, half, "one or more slates of 2, got 3 and 4 values"],
    [
      "propensity 0",
      {},
      { ...half, logging: Float64Array.of(0.5, 0, 1, 1) },
      "in (0, 1], got 0 at position 1 of row 0",
    ],
    [
      "propensity above 1",
      {},
      { ...half, logging: Float64Array.of(1, 1, 1.2, 1) },
      "in (0, 1], got 1.2 at position 0 of row 1",
    ],
    [
      "evaluation above 1",
      {},
      { ...half, evaluation: Float64Array.of(2, 0, 1, 1) },
      "in [0, 1], got 2 at position 0 of row 0",
    ],
    ["no overlap", {}, { ...half, evaluation: new Float64Array(4) }, "no overlap: the evaluation policy must take"],
  ])("%s is a named error", (_, change, given, message) => {
    for (const estimator of [slateIps, itemPositionIps, rewardInteractionIps]) {
      expect(() => estimator({ ...good, ...change }, given)).toThrow(message);
      expect(() => estimator({ ...good, ...change }, given)).toThrow(expect.objectContaining({ code: "bad-data" }));
    }
  });

  test("clicks and slates that cannot be", () => {
    expect(() => loggedSlates([[1, 2]], [[3]], 2)).toThrow("clicks must be on items of the slate, got item 3 in row 0");
    expect(() => loggedSlates([[1, 2]], [[]], 1)).toThrow("at most 1 items, got 2 in row 0");
    expect(() => loggedSlates([[1, 1]], [[]], 2)).toThrow("must be distinct, got 1 again");
    expect(() => loggedSlates([[1]], [], 2)).toThrow("clicks for each of 1 slates, got 0");
  });

  test("slates of which no whole one is possible still count by their first positions, with a warning", () => {
    const first = { ...half, evaluation: Float64Array.of(0.5, 0, 0.5, 0) };
    const log = { ...good, rewards: Float64Array.of(1, 0, 0, 0) };
    expect(rewardInteractionIps(log, first)).toMatchObject({
      value: 0.5,
      warnings: [expect.stringContaining("only its first")],
    });
    expect(() => slateIps(log, first)).toThrow("no overlap");
  });
});
