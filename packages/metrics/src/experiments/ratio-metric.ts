import { PlatformError } from "@sequitur/core";
import { checkLength } from "./check-number.js";
import { effectOf, type Effect, type EffectOptions } from "./effect.js";
import { momentsOf } from "./moments.js";

/** A metric sum(numerators) / sum(denominators), such as clicks per slate, kept per unit of assignment (user). */
export interface RatioSample {
  /** (n) one a unit. */
  readonly numerators: Float64Array;
  /** (n) at least 0. */
  readonly denominators: Float64Array;
}

/** A ratio with the variance of its estimate. */
export interface RatioEstimate {
  readonly count: number;
  readonly ratio: number;
  /** Of the ratio itself, that is already divided by the number of units. */
  readonly variance: number;
  /** Variance of one unit on the scale of the ratio: variance x count; what sample sizes are computed from. */
  readonly unitVariance: number;
}

/**
 * The ratio of means and its variance by the delta method (Deng, Knoblich & Lu 2018, eq. 5), x numerators, y denominators:
 * (var x - 2 R cov(x, y) + R^2 var y) / (n mean(y)^2). Throws `bad-data` for fewer than two units or denominators that
 * are negative or all 0.
 */
export function ratioEstimate({ numerators, denominators }: RatioSample): RatioEstimate {
  checkLength("denominators", denominators.length, numerators.length);
  const count = numerators.length;
  if (count < 2) throw new PlatformError("bad-data", `a ratio needs at least two units, got ${count}.`);
  const negative = denominators.findIndex((value) => value < 0);
  if (negative !== -1) {
    const value = denominators[negative]!;
    throw new PlatformError("bad-data", `denominators must be at least 0, got ${value} at index ${negative}.`);
  }
  const bottom = momentsOf(denominators).mean;
  if (bottom === 0) throw new PlatformError("bad-data", "denominators must not all be 0.");
  const ratio = momentsOf(numerators).mean / bottom;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (numerators[i]! - ratio * denominators[i]!) ** 2;
  const unitVariance = squares / (count - 1) / (bottom * bottom);
  return { count, ratio, variance: unitVariance / count, unitVariance };
}

/** The difference of a ratio metric between two arms, by the delta method and the normal distribution. */
export function differenceOfRatios(control: RatioSample, treatment: RatioSample, options: EffectOptions = {}): Effect {
  const c = ratioEstimate(control);
  const t = ratioEstimate(treatment);
  const standardError = Math.sqrt(c.variance + t.variance);
  return effectOf({ control: c.ratio, treatment: t.ratio, standardError, degrees: Infinity }, options);
}

/**
 * Event values summed by the unit they belong to: the ratio sample whose ratio is the mean over events, with the
 * uncertainty of units. Units in the order of their first event.
 */
export function ratioByUnit(values: Float64Array, units: ArrayLike<number>): RatioSample {
  checkLength("units", units.length, values.length);
  const placeOf = new Map<number, number>();
  const numerators: number[] = [];
  const denominators: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const place = placeOf.get(units[i]!) ?? placeOf.size;
    placeOf.set(units[i]!, place);
    numerators[place] = (numerators[place] ?? 0) + values[i]!;
    denominators[place] = (denominators[place] ?? 0) + 1;
  }
  return { numerators: Float64Array.from(numerators), denominators: Float64Array.from(denominators) };
}
