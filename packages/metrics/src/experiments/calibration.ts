import { PlatformError, throwIfCancelled, type Random } from "@sequitur/core";
import { incompleteBeta } from "../distributions/beta.js";
import { kolmogorovTail } from "../distributions/kolmogorov.js";
import { checkShare, checkWhole } from "./check-number.js";

export interface CalibrationPlan {
  readonly random: Random;
  /** A/A experiments to run. */
  readonly experiments?: number;
  /** The level whose false alarms are counted, in (0, 1). */
  readonly alpha?: number;
  readonly signal?: AbortSignal;
}

/** What a test says where there is nothing to find. */
export interface AaCalibration {
  /** (experiments) in the order they were run. */
  readonly pValues: Float64Array;
  /** Share of p-values <= alpha, with its exact 95 % interval (Clopper & Pearson 1934). */
  readonly falsePositiveRate: number;
  readonly low: number;
  readonly high: number;
  /** Largest distance of the p-values' distribution from the uniform one, and its p-value (Kolmogorov-Smirnov). */
  readonly distance: number;
  readonly uniformPValue: number;
  /** Neither the false alarms nor the distribution differ from what they should be at 0.001. */
  readonly calibrated: boolean;
}

/** Runs a test on experiments without effect; `test` draws one from the stream given and returns its p-value. */
export function calibrate(test: (random: Random) => number, plan: CalibrationPlan): AaCalibration {
  const { random, experiments = 1000, alpha = 0.05, signal } = plan;
  checkWhole("experiments", experiments, 20);
  checkShare("alpha", alpha);
  const pValues = new Float64Array(experiments);
  for (let i = 0; i < experiments; i++) {
    throwIfCancelled(signal);
    const pValue = test(random.fork(i));
    if (!(pValue >= 0 && pValue <= 1)) {
      throw new PlatformError("bad-data", `p-values must be in [0, 1], got ${pValue} in experiment ${i}.`);
    }
    pValues[i] = pValue;
  }
  const alarms = pValues.filter((pValue) => pValue <= alpha).length;
  const { low, high } = shareInterval(alarms, experiments);
  const distance = uniformDistance(pValues);
  const uniformPValue = kolmogorovTail(distance, experiments);
  const strict = shareInterval(alarms, experiments, 0.999);
  const calibrated = strict.low <= alpha && alpha <= strict.high && uniformPValue >= 0.001;
  return { pValues, falsePositiveRate: alarms / experiments, low, high, distance, uniformPValue, calibrated };
}

/**
 * A/A experiments made of real units: each splits them at random into two halves, which `pValueOf` compares. Rows are
 * places in the caller's columns, so any metric can be split.
 */
export function calibrateBySplitting(
  units: number,
  pValueOf: (control: Int32Array, treatment: Int32Array) => number,
  plan: CalibrationPlan,
): AaCalibration {
  checkWhole("units", units, 4);
  const half = Math.floor(units / 2);
  return calibrate((random) => {
    const rows = random.shuffle(Int32Array.from({ length: units }, (_, row) => row));
    return pValueOf(rows.subarray(0, half), rows.subarray(half));
  }, plan);
}

/** The exact interval of a share of `hits` in n (Clopper & Pearson 1934), by bisection on the binomial tails. */
export function shareInterval(hits: number, n: number, level = 0.95): { readonly low: number; readonly high: number } {
  checkWhole("n", n, 1);
  checkWhole("hits", hits, 0);
  checkShare("level", level);
  if (hits > n) throw new PlatformError("bad-data", `hits must be at most ${n}, got ${hits}.`);
  const tail = (1 - level) / 2;
  const root = (a: number, b: number, target: number): number => {
    let [low, high] = [0, 1];
    for (let step = 0; step < 60; step++) {
      const middle = (low + high) / 2;
      if (incompleteBeta(a, b, middle) < target) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };
  return {
    low: hits === 0 ? 0 : root(hits, n - hits + 1, tail),
    high: hits === n ? 1 : root(hits + 1, n - hits, 1 - tail),
  };
}

function uniformDistance(values: Float64Array): number {
  const sorted = values.slice().sort();
  const n = sorted.length;
  let distance = 0;
  for (let i = 0; i < n; i++) distance = Math.max(distance, (i + 1) / n - sorted[i]!, sorted[i]! - i / n);
  return distance;
}
