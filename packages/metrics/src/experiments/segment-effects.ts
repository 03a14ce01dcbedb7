import { PlatformError } from "@sequitur/core";
import { chiSquareTail } from "../distributions/gamma.js";
import { differenceOfMeans } from "./difference-of-means.js";
import type { Effect, EffectOptions } from "./effect.js";
import type { Moments } from "./moments.js";
import { correctEffects } from "./multiple-arms.js";

/** Both arms of one segment of units; segments are disjoint and known before assignment. */
export interface Segment {
  readonly name: string;
  readonly control: Moments;
  readonly treatment: Moments;
}

export interface SegmentEffect extends Effect {
  readonly name: string;
  /** Units in both arms. */
  readonly units: number;
  /** Holm-adjusted over the segments. */
  readonly adjustedPValue: number;
}

export interface SegmentEffects {
  /** In the order given; the rows of a forest plot. */
  readonly segments: readonly SegmentEffect[];
  /** The effects' mean, weighted by 1 / standardError^2: the one that a forest plot draws at its foot. */
  readonly pooled: { readonly difference: number; readonly standardError: number };
  /** Cochran's Q of the effects around the pooled one, and P(chi-square with segments - 1 degrees > Q). */
  readonly heterogeneity: { readonly q: number; readonly degrees: number; readonly pValue: number };
}

/**
 * The effect in each segment, corrected for their number, and whether they differ more than chance would have it
 * (Cochran 1954). "Significant here and not there" is no evidence of a difference: `heterogeneity` is. Throws `bad-data`
 * for fewer than two segments, equal names, a segment with fewer than two units in an arm or without any variance.
 */
export function segmentEffects(segments: readonly Segment[], options: EffectOptions = {}): SegmentEffects {
  if (segments.length < 2 || new Set(segments.map(({ name }) => name)).size < segments.length) {
    throw new PlatformError("bad-data", "there must be at least two segments with distinct names.");
  }
  const effects = segments.map(({ name, control, treatment }) => {
    if (control.count < 2 || treatment.count < 2 || control.variance + treatment.variance === 0) {
      const message = `segment ${name} must have two or more units in each arm and some variance.`;
      throw new PlatformError("bad-data", message);
    }
    const units = control.count + treatment.count;
    return { name, units, ...differenceOfMeans(control, treatment, options) };
  });
  const weights = effects.map(({ standardError }) => 1 / standardError ** 2);
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const difference = effects.reduce((sum, effect, i) => sum + weights[i]! * effect.difference, 0) / whole;
  const q = effects.reduce((sum, effect, i) => sum + weights[i]! * (effect.difference - difference) ** 2, 0);
  const degrees = segments.length - 1;
  return {
    segments: correctEffects(effects),
    pooled: { difference, standardError: Math.sqrt(1 / whole) },
    heterogeneity: { q, degrees, pValue: chiSquareTail(q, degrees) },
  };
}
