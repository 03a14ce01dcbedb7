import { PlatformError } from "@sequitur/core";

const SQRT_2PI = Math.sqrt(2 * Math.PI);

/** The density of a standard normal. */
export function normalDensity(z: number): number {
  return Math.exp((-z * z) / 2) / SQRT_2PI;
}

/**
 * P(Z > z) of a standard normal for z >= 0, relative error below 1e-12: the Taylor series of the integral around 0 for
 * small z, the continued fraction of Mills' ratio for large z (Abramowitz & Stegun 26.2.11 and 26.2.14).
 */
export function normalTail(z: number): number {
  const density = normalDensity(z);
  if (z < 2.5) {
    let term = z;
    let sum = z;
    for (let odd = 3; term > sum * 1e-17; odd += 2) {
      term *= (z * z) / odd;
      sum += term;
    }
    return 0.5 - density * sum;
  }
  // The fraction converges faster the larger z; the steps needed for 1e-13 fall from 120 at 2.5 to below 12 beyond 12.
  let fraction = z;
  for (let step = Math.ceil(750 / (z * z)) + 10; step >= 1; step--) fraction = z + step / fraction;
  return density / fraction;
}

/** P(Z <= z) of a standard normal, any z; relative error below 1e-12 in the lower tail too. */
export function normalCdf(z: number): number {
  return z > 0 ? 1 - normalTail(z) : normalTail(-z);
}

/**
 * The z with P(Z <= z) = p for p in (0, 1), absolute error below 1e-12: the rational start of Abramowitz & Stegun
 * 26.2.23, good to 4.5e-4, then Halley's steps, each of which cubes the error.
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new PlatformError("bad-config", `p must be in (0, 1), got ${p}.`);
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p === 0.5) return 0;
  const t = Math.sqrt(-2 * Math.log(p));
  let z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  z = Math.max(z, 0);
  for (let step = 0; step < 3; step++) {
    const excess = (normalTail(z) - p) / normalDensity(z);
    z = Math.max(0, z + excess / (1 - (excess * z) / 2));
  }
  return -z;
}
