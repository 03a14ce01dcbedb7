/** Counts of units against their designed weights. */
export interface SampleRatio {
  /** Of Pearson's chi-square; NaN when an arm expects fewer than 5 units, where the approximation fails. */
  readonly pValue: number;
  /** pValue < 0.001: assignment or logging is broken, do not trust the comparison (Fabijan et al. 2019). */
  readonly mismatch: boolean;
}

const ALPHA = 0.001;
const LEAST_EXPECTED = 5;

/** Whether assignment filled the arms as designed: sum of (count - expected)^2 / expected against chi-square. */
export function sampleRatio(counts: readonly number[], weights: readonly number[]): SampleRatio {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const expected = weights.map((weight) => (total * weight) / whole);
  if (Math.min(...expected) < LEAST_EXPECTED) return { pValue: Number.NaN, mismatch: false };
  const chiSquare = counts.reduce((sum, count, arm) => sum + (count - expected[arm]!) ** 2 / expected[arm]!, 0);
  const pValue = chiSquareTail(chiSquare, counts.length - 1);
  return { pValue, mismatch: pValue < ALPHA };
}

/** P(X > x) by the recurrence Q(x; d + 2) = Q(x; d) + (x / 2)^(d / 2) exp(-x / 2) / Gamma(d / 2 + 1), from d = 1 or 2. */
export function chiSquareTail(x: number, degrees: number): number {
  const half = x / 2;
  let tail = degrees % 2 === 0 ? Math.exp(-half) : erfc(Math.sqrt(half));
  let gamma = degrees % 2 === 0 ? 1 : Math.sqrt(Math.PI) / 2;
  for (let d = degrees % 2 === 0 ? 2 : 1; d < degrees; d += 2) {
    tail += (half ** (d / 2) * Math.exp(-half)) / gamma;
    gamma *= d / 2 + 1;
  }
  return tail;
}

/** 1 - erf(z) for z >= 0: the series of erf below 2, else the continued fraction (Abramowitz & Stegun 7.1.6, 7.1.14). */
function erfc(z: number): number {
  if (z < 2) {
    let term = z;
    let sum = z;
    for (let n = 1; n < 60; n++) {
      term *= (2 * z * z) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
  }
  let fraction = z;
  for (let n = 60; n >= 1; n--) fraction = z + n / 2 / fraction;
  return Math.exp(-z * z) / (Math.sqrt(Math.PI) * fraction);
}
