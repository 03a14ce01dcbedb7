import { logGamma, stirlingRest } from "./gamma.js";

/** ln B(a, b) for a, b > 0; Stirling's terms are subtracted on paper where a or b is large, so no digits are lost. */
export function logBeta(a: number, b: number): number {
  const [small, large] = a < b ? [a, b] : [b, a];
  if (large < 10) return logGamma(small) + logGamma(large) - logGamma(small + large);
  const rest = stirlingRest(large) - stirlingRest(small + large);
  return logGamma(small) + rest + small - small * Math.log(small + large) - (large - 0.5) * Math.log1p(small / large);
}

/**
 * I_x(a, b), the regularised incomplete beta function, with y = 1 - x given apart so that an x near 1 keeps its digits;
 * relative error below 1e-10. Its continued fraction (Abramowitz & Stegun 26.5.8, by Lentz), mirrored where it is slow.
 */
export function incompleteBeta(a: number, b: number, x: number, y = 1 - x): number {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  const logFront = a * logOf(x, y) + b * logOf(y, x) - logBeta(a, b);
  const front = Math.exp(logFront);
  return x < (a + 1) / (a + b + 2) ? (front * fraction(a, b, x)) / a : 1 - (front * fraction(b, a, y)) / b;
}

/** ln x, where 1 - x is known better than x near 1. */
function logOf(x: number, rest: number): number {
  return x > 0.5 ? Math.log1p(-rest) : Math.log(x);
}

function fraction(a: number, b: number, x: number): number {
  const nonZero = (value: number): number => (Math.abs(value) < 1e-300 ? 1e-300 : value);
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1, change = 0; Math.abs(change - 1) > 1e-15 && m < 100_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    change = d * c;
    result *= change;
  }
  return result;
}

/** P(X >= k) of a binomial with n trials of probability p, k and n whole numbers. */
export function binomialTail(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n) return 0;
  return incompleteBeta(k, n - k + 1, p);
}
