import { PlatformError } from "@sequitur/core";

/** What ln Gamma(x) adds to Stirling's (x - 1/2) ln x - x + ln(2 pi) / 2; error below 1e-15 for x >= 10. */
export function stirlingRest(x: number): number {
  const y = 1 / (x * x);
  return (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y * (1 / 1188 - (y * 691) / 360_360))))) / x;
}

/** ln Gamma(x) for x > 0, error below 1e-13 of max(1, |value|): Stirling's series after a shift beyond 10. */
export function logGamma(x: number): number {
  if (!(x > 0)) throw new PlatformError("bad-config", `the argument of logGamma must be above 0, got ${x}.`);
  let shifted = x;
  let product = 1;
  while (shifted < 10) product *= shifted++;
  const stirling = (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI);
  return stirling + stirlingRest(shifted) - Math.log(product);
}

/**
 * Q(a, x), the upper regularised incomplete gamma function, a > 0 and x >= 0, error below 1e-12 for a up to 1,000: its
 * series (Abramowitz & Stegun 6.5.29) where x < a + 1, its continued fraction (6.5.31, by Lentz) beyond.
 */
export function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return 1 - front * sum;
  }
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1, change = 0; Math.abs(change - 1) > 1e-15 && n < 100_000; n++) {
    const numerator = n * (a - n);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    change = c * d;
    fraction *= change;
  }
  return front * fraction;
}

/** P(X > x) of a chi-square with `degrees` degrees of freedom, above 0; 1 for x <= 0. */
export function chiSquareTail(x: number, degrees: number): number {
  if (!(degrees > 0)) throw new PlatformError("bad-config", `degrees of freedom must be above 0, got ${degrees}.`);
  return upperGamma(degrees / 2, x / 2);
}
