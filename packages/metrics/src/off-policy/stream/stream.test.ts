import { Random } from "@sequitur/core";
import { describe, expect, it } from "vitest";
import { ips, ipsParts, snips, snipsParts } from "../importance-sampling.js";
import type { LoggedBandit } from "../logged-bandit.js";
import { CrossFit, QualityTotals } from "./cross-fit.js";
import { EstimateTotals, UNIT_BUCKETS } from "./estimate-totals.js";
import { judgeLog, type LogSupport } from "./judge-log.js";
import { PropensityCheck } from "./propensity-check.js";

/** Rows of a logging policy with P(1) = 0.3, judged for one with P(1) = 0.8; action 1 earns 0.7, action 0 earns 0.2. */
function log(n: number, seed: string): LoggedBandit {
  const random = new Random(seed);
  const actions = Int32Array.from({ length: n }, () => (random.uniform() < 0.3 ? 1 : 0));
  return {
    actions,
    propensities: Float64Array.from(actions, (action) => (action === 1 ? 0.3 : 0.7)),
    rewards: Float64Array.from(actions, (action) => (random.uniform() < (action === 1 ? 0.7 : 0.2) ? 1 : 0)),
    evaluation: Float64Array.from(actions, (action) => (action === 1 ? 0.8 : 0.2)),
  };
}
const TRUTH = 0.8 * 0.7 + 0.2 * 0.2;

function part(whole: LoggedBandit, from: number, to: number): LoggedBandit {
  return {
    actions: whole.actions.slice(from, to),
    propensities: whole.propensities.slice(from, to),
    rewards: whole.rewards.slice(from, to),
    evaluation: whole.evaluation.slice(from, to),
  };
}

const bucketsFrom = (from: number, to: number) =>
  Int32Array.from({ length: to - from }, (_, row) => (from + row) % UNIT_BUCKETS);

describe("estimates of a log in chunks", () => {
  it.each([
    ["ips", ipsParts, ips],
    ["snips", snipsParts, snips],
  ] as const)("%s has the value, the weights and nearly the error of the whole log", (name, parts, whole) => {
    const all = log(5000, "chunks");
    const totals = new EstimateTotals(name);
    for (const [from, to] of [
      [0, 1],
      [1, 1700],
      [1700, 5000],
    ] as const) {
      totals.add(parts(part(all, from, to)), bucketsFrom(from, to));
    }
    const streamed = totals.estimate()!;
    const expected = whole(all);
    expect(streamed.value).toBeCloseTo(expected.value, 12);
    expect(streamed.weights!.effectiveSampleSize).toBeCloseTo(expected.weights!.effectiveSampleSize, 6);
    expect(streamed.weights!.mean).toBeCloseTo(expected.weights!.mean, 12);
    expect(streamed.weights!.meanError).toBeCloseTo(expected.weights!.meanError, 10);
    expect(streamed.weights!.largestShare).toBeCloseTo(expected.weights!.largestShare, 12);
    expect(streamed.standardError / expected.standardError).toBeGreaterThan(0.93);
    expect(streamed.standardError / expected.standardError).toBeLessThan(1.07);
    expect(Math.abs(streamed.value - TRUTH)).toBeLessThan(4 * streamed.standardError);
    expect(streamed.high - streamed.value).toBeCloseTo(1.962 * streamed.standardError, 4);
  });

  it("covers the truth about as often as it says, from small logs on", () => {
    let covered = 0;
    for (let i = 0; i < 400; i++) {
      const totals = new EstimateTotals("ips");
      totals.add(ipsParts(log(60, `cover ${i}`)), bucketsFrom(0, 60));
      const { low, high } = totals.estimate()!;
      if (low <= TRUTH && TRUTH <= high) covered++;
    }
    expect(covered / 400).toBeGreaterThan(0.92);
  });

  it("has no interval for few units or for rewards that are all 0, and no estimate without overlap", () => {
    const few = new EstimateTotals("ips");
    few.add(ipsParts(log(9, "few")), bucketsFrom(0, 9));
    expect(few.estimate()).toMatchObject({ low: Number.NaN, high: Number.NaN, units: 9 });
    const zeros = new EstimateTotals("ips");
    zeros.add(ipsParts({ ...log(50, "zeros"), rewards: new Float64Array(50) }), bucketsFrom(0, 50));
    expect(zeros.estimate()).toMatchObject({ value: 0, low: Number.NaN });
    const none = new EstimateTotals("ips");
    none.add(ipsParts({ ...log(50, "none"), evaluation: new Float64Array(50) }), bucketsFrom(0, 50));
    expect(none.estimate()).toBeUndefined();
    expect(new EstimateTotals("ips").estimate()).toBeUndefined();
  });

  it("does not claim certainty for a share of 0", () => {
    const totals = new EstimateTotals("naive");
    totals.add({ estimator: "naive", contributions: new Float64Array(50) }, bucketsFrom(0, 50));
    expect(totals.estimate()!.high).toBeGreaterThan(0.04);
  });
});

describe("PropensityCheck", () => {
  /** A slate of one of three items with the probabilities p, logged as `written`. */
  function reading(p: readonly number[], written: readonly number[]) {
    const random = new Random("check");
    const check = new PropensityCheck();
    for (let slate = 0; slate < 3000; slate++) {
      const draw = random.uniform();
      const item = draw < p[0]! ? 0 : draw < p[0]! + p[1]! ? 1 : 2;
      check.add(0, item, written[item]!);
    }
    return check.reading();
  }

  it("passes right propensities and says which way wrong ones err", () => {
    const p = [0.5, 0.3, 0.2];
    expect(reading(p, p)).toMatchObject({ cells: 3, tooLarge: 0, tooSmall: 0 });
    expect(reading(p, [1, 0.6, 0.4])).toMatchObject({ tooLarge: 3, tooSmall: 0 });
    expect(reading(p, [0.25, 0.15, 0.1])).toMatchObject({ tooLarge: 0, tooSmall: 3 });
  });
});

describe("judgeLog", () => {
  const right = { cells: 10, tooLarge: 0, tooSmall: 0, medianRatio: 1 };
  const weights = {
    count: 5000,
    effectiveSampleSize: 2000,
    mean: 1,
    meanError: 0.01,
    max: 5,
    largestShare: 0.001,
    zeroShare: 0,
  };
  const estimate = {
    estimator: "ips",
    value: 0.1,
    standardError: 0.01,
    low: 0.08,
    high: 0.12,
    rows: 5000,
    units: 1024,
    weights,
    warnings: [],
  };
  const good: LogSupport = {
    slates: 5000,
    known: 5000,
    rewarded: 500,
    rewardedInSupport: 400,
    propensities: right,
    estimate,
  };

  it("says yes to a log that can answer", () => {
    expect(judgeLog(good)).toEqual({ answer: "yes", reasons: [] });
  });

  it.each([
    ["nothing known", { known: 0 }, "no", /No propensity of this log is known/],
    ["no overlap", { estimate: undefined }, "no", /No overlap/],
    ["few units", { estimate: { ...estimate, units: 3 } }, "no", /Only 3 independent units/],
    [
      "few effective rows",
      { estimate: { ...estimate, weights: { ...weights, effectiveSampleSize: 2 } } },
      "no",
      /weigh like 2\.0/,
    ],
    ["rewards out of reach", { rewardedInSupport: 0 }, "no", /None of the rewarded items/],
    ["large propensities", { propensities: { ...right, tooLarge: 8 } }, "no", /propensities are too large/],
    ["small propensities", { propensities: { ...right, tooSmall: 8 } }, "no", /propensities are too small/],
    ["some unknown", { known: 4000 }, "with care", /20\.0 % of the slates/],
    ["missing support", { estimate: { ...estimate, weights: { ...weights, mean: 0.7 } } }, "with care", /about 30 %/],
    [
      "evaluation too large",
      { estimate: { ...estimate, weights: { ...weights, mean: 1.5 } } },
      "with care",
      /evaluated policy are too large/,
    ],
    [
      "a heavy row",
      { estimate: { ...estimate, weights: { ...weights, largestShare: 0.4 } } },
      "with care",
      /One row carries 40 %/,
    ],
    ["few rewards", { rewardedInSupport: 4 }, "with care", /rests on 4 rewarded items/],
  ] as const)("names the cause: %s", (_, change, answer, reason) => {
    const verdict = judgeLog({ ...good, ...change });
    expect(verdict.answer).toBe(answer);
    expect(verdict.reasons.join(" ")).toMatch(reason);
  });
});

describe("CrossFit", () => {
  it("learns the rewards of rows that it did not see, and nothing from noise", () => {
    const random = new Random("fit");
    const quality = (rewardOf: (action: number) => number) => {
      const fit = new CrossFit(2);
      const rows = Array.from({ length: 3000 }, (_, row) => {
        const action = random.integer(2);
        return { action, reward: rewardOf(action), bucket: row % UNIT_BUCKETS };
      });
      const features = (action: number) => Float64Array.of(action === 0 ? 1 : 0, action === 1 ? 1 : 0);
      for (const { action, reward, bucket } of rows) fit.add(bucket, features(action), reward);
      const modelOf = fit.models(1);
      const totals = new QualityTotals();
      for (const { action, reward, bucket } of rows) {
        const { mean, slopes } = modelOf(bucket);
        totals.add(mean + slopes[action]!, reward);
      }
      return totals.quality();
    };
    const planted = quality((action) => (random.uniform() < 0.2 + 0.6 * action ? 1 : 0));
    expect(planted.skill).toBeGreaterThan(0.3);
    expect(Math.abs(planted.bias)).toBeLessThan(0.01);
    const noise = quality(() => random.integer(2));
    expect(noise.skill).toBeLessThan(0.01);
    expect(noise.skill).toBeGreaterThan(-0.01);
  });
});
