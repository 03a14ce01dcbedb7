import { PlatformError } from "@sequitur/core";
import { effectOf, type Effect, type EffectOptions } from "./effect.js";
import type { Moments } from "./moments.js";

/**
 * Welch's test of two means (Welch 1947): standard error sqrt(s_c^2 / n_c + s_t^2 / n_t), degrees of freedom by
 * Satterthwaite. One value a unit of assignment (user), not one an event: events of a user are not independent. A rate
 * is the mean of values 0 and 1. Throws `bad-data` for an arm of fewer than two units.
 */
export function differenceOfMeans(control: Moments, treatment: Moments, options: EffectOptions = {}): Effect {
  const c = varianceOfMean("control", control);
  const t = varianceOfMean("treatment", treatment);
  const variance = c + t;
  const degrees =
    variance === 0
      ? control.count + treatment.count - 2
      : variance ** 2 / (c ** 2 / (control.count - 1) + t ** 2 / (treatment.count - 1));
  const estimate = { control: control.mean, treatment: treatment.mean, standardError: Math.sqrt(variance), degrees };
  return effectOf(estimate, options);
}

/** s^2 / n. Throws `bad-data` for fewer than two units. */
export function varianceOfMean(arm: string, { count, variance }: Moments): number {
  if (!(count >= 2)) throw new PlatformError("bad-data", `arm ${arm} must have at least two units, got ${count}.`);
  return variance / count;
}
