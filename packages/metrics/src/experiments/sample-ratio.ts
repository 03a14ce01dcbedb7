import { PlatformError, minOf } from "@sequitur/core";
import { chiSquareTail } from "../distributions/gamma.js";
import { checkShare } from "./check-number.js";

/** Did assignment fill the arms as designed? */
export interface SampleRatio {
  /** Units expected in each arm. */
  readonly expected: readonly number[];
  readonly chiSquare: number;
  /** Arms - 1. */
  readonly degrees: number;
  readonly pValue: number;
  /** pValue < alpha: do not read the results before the cause is found. */
  readonly mismatch: boolean;
}

export interface SampleRatioOptions {
  /** In (0, 1); strict, since the test is run on every experiment and every day. */
  readonly alpha?: number;
}

/**
 * Pearson's chi-square of the counts of the arms against their designed shares (Fabijan et al. 2019). `shares` are
 * above 0 and are scaled to sum 1; absent, the arms are equal. The approximation needs about 5 expected units an arm:
 * `bad-data` for fewer.
 */
export function sampleRatioTest(
  counts: readonly number[],
  shares?: readonly number[],
  options: SampleRatioOptions = {},
): SampleRatio {
  const { alpha = 0.001 } = options;
  checkShare("alpha", alpha);
  const designed = shares ?? counts.map(() => 1);
  if (counts.length < 2 || designed.length !== counts.length) {
    const message = `counts and shares must be of the same two or more arms, got ${counts.length} and ${designed.length}.`;
    throw new PlatformError("bad-data", message);
  }
  const badCount = counts.find((count) => !(Number.isSafeInteger(count) && count >= 0));
  if (badCount !== undefined) throw new PlatformError("bad-data", `counts must be whole numbers, got ${badCount}.`);
  const badShare = designed.find((share) => !(share > 0 && share < Infinity));
  if (badShare !== undefined) throw new PlatformError("bad-config", `shares must be above 0, got ${badShare}.`);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const whole = designed.reduce((sum, share) => sum + share, 0);
  const expected = designed.map((share) => (total * share) / whole);
  const least = minOf(expected);
  if (least < 5) throw new PlatformError("bad-data", `each arm must expect at least 5 units, got ${least}.`);
  const chiSquare = counts.reduce((sum, count, arm) => sum + (count - expected[arm]!) ** 2 / expected[arm]!, 0);
  const degrees = counts.length - 1;
  const pValue = chiSquareTail(chiSquare, degrees);
  return { expected, chiSquare, degrees, pValue, mismatch: pValue < alpha };
}
