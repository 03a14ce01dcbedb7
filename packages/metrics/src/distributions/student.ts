import { PlatformError } from "@sequitur/core";
import { incompleteBeta, logBeta } from "./beta.js";
import { normalDensity, normalQuantile, normalTail } from "./normal.js";

/** P(T > t) of Student's t with `degrees` > 0 degrees of freedom, Infinity for the normal; relative error below 1e-9. */
export function studentTail(t: number, degrees: number): number {
  checkDegrees(degrees);
  if (t < 0) return 1 - studentTail(-t, degrees);
  if (degrees === Infinity) return normalTail(t);
  if (t === Infinity) return 0;
  const whole = degrees + t * t;
  return incompleteBeta(degrees / 2, 0.5, degrees / whole, (t * t) / whole) / 2;
}

/**
 * The t with P(T <= t) = p for p in (0, 1). Newton from the normal quantile: the tail is convex beyond 0 and the normal
 * quantile is the smaller one, so the steps never overshoot.
 */
export function studentQuantile(p: number, degrees: number): number {
  checkDegrees(degrees);
  if (p < 0.5) return -upperQuantile(p, degrees);
  return upperQuantile(1 - p, degrees);
}

function upperQuantile(tail: number, degrees: number): number {
  let t = -normalQuantile(tail);
  if (degrees === Infinity) return t;
  for (let step = 0; step < 200; step++) {
    const change = (studentTail(t, degrees) - tail) / studentDensity(t, degrees);
    t += change;
    if (Math.abs(change) <= 1e-13 * Math.max(1, t)) break;
  }
  return t;
}

function studentDensity(t: number, degrees: number): number {
  if (degrees === Infinity) return normalDensity(t);
  const log = -((degrees + 1) / 2) * Math.log1p((t * t) / degrees) - logBeta(degrees / 2, 0.5);
  return Math.exp(log) / Math.sqrt(degrees);
}

function checkDegrees(degrees: number): void {
  if (!(degrees > 0)) throw new PlatformError("bad-config", `degrees of freedom must be above 0, got ${degrees}.`);
}
