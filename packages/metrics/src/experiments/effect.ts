import { checkLevel, DEFAULT_LEVEL } from "../intervals/interval.js";
import { studentQuantile, studentTail } from "../distributions/student.js";

export interface EffectOptions {
  /** Probability that the interval is to cover, in (0, 1). */
  readonly level?: number;
}

/** A difference treatment - control with its uncertainty; what every analysis of this folder returns. */
export interface Effect {
  /** The metric in each arm. */
  readonly control: number;
  readonly treatment: number;
  /** treatment - control. */
  readonly difference: number;
  /** difference / |control|; NaN where control is 0. */
  readonly relative: number;
  readonly standardError: number;
  /** Of Student's t; Infinity where the normal is used. */
  readonly degrees: number;
  readonly low: number;
  readonly high: number;
  /** Two-sided; without any variance 1 where the arms are equal and 0 where they are not. */
  readonly pValue: number;
}

/** What is known before an effect is tested. */
export interface EstimatedDifference {
  readonly control: number;
  readonly treatment: number;
  readonly standardError: number;
  readonly degrees: number;
}

/** The t interval and test of an estimated difference. */
export function effectOf(estimate: EstimatedDifference, options: EffectOptions = {}): Effect {
  const { control, treatment, standardError, degrees } = estimate;
  const { level = DEFAULT_LEVEL } = options;
  checkLevel(level);
  const difference = treatment - control;
  const relative = control === 0 ? Number.NaN : difference / Math.abs(control);
  if (standardError === 0) {
    const pValue = difference === 0 ? 1 : 0;
    return { ...estimate, difference, relative, low: difference, high: difference, pValue };
  }
  const reach = studentQuantile((1 + level) / 2, degrees) * standardError;
  const pValue = Math.min(1, 2 * studentTail(Math.abs(difference) / standardError, degrees));
  return { ...estimate, difference, relative, low: difference - reach, high: difference + reach, pValue };
}
