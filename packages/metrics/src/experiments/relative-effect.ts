import { normalQuantile } from "../distributions/normal.js";
import type { RatioEstimate } from "./ratio-metric.js";

/** A lift relative to control; the interval is null where control is too near 0 to divide by. */
export interface RelativeEffect {
  /** (treatment - control) / |control|: above 0 is more, whatever the sign of control; null where control is 0. */
  readonly lift: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** Standard errors that control must lie from 0 for the delta method to hold. */
const LEAST_DISTANCE = 4;

/** The lift with its interval by the delta method: variance (var t + (t / c)^2 var c) / c^2, arms independent. */
export function relativeEffect(control: RatioEstimate, treatment: RatioEstimate, level: number): RelativeEffect {
  const [c, t] = [control.ratio, treatment.ratio];
  if (c === 0) return { lift: null, low: null, high: null };
  const lift = (t - c) / Math.abs(c);
  if (Math.abs(c) < LEAST_DISTANCE * Math.sqrt(control.variance)) return { lift, low: null, high: null };
  const error = Math.sqrt((treatment.variance + (t / c) ** 2 * control.variance) / c ** 2);
  const reach = normalQuantile((1 + level) / 2) * error;
  return { lift, low: lift - reach, high: lift + reach };
}
