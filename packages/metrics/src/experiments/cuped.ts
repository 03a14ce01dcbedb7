import { PlatformError } from "@sequitur/core";
import { chiSquareTail } from "../distributions/gamma.js";
import { checkLength } from "./check-number.js";
import { differenceOfMeans } from "./difference-of-means.js";
import type { Effect, EffectOptions } from "./effect.js";
import { momentsOf } from "./moments.js";

/** One arm: the metric of each unit and what was known of the unit before the experiment began. */
export interface CovariateSample {
  /** (n) */
  readonly values: Float64Array;
  /** (n) measured before assignment; NaN where there is no history. */
  readonly covariates: Float64Array;
}

/** An effect adjusted by a covariate. */
export interface CupedEffect extends Effect {
  /** Slope of the values on the covariate, pooled within arms. */
  readonly theta: number;
  /** 1 - variance of the adjusted difference / that of the plain one; near the squared correlation. */
  readonly varianceReduction: number;
  /** Share of units without history; they keep their value, as if at the mean of the covariate. */
  readonly withoutHistory: number;
  readonly unadjusted: Effect;
  /**
   * P-value of no difference in the covariate, and in who has one, between the arms. A treatment cannot change the past:
   * a small value means a broken assignment or a covariate measured too late.
   */
  readonly covariatePValue: number;
  /** What makes the adjustment suspect; empty when healthy. */
  readonly warnings: readonly string[];
}

/** A covariate that differs between the arms at this level is reported; one experiment in a thousand does by chance. */
const HEALTH_ALPHA = 0.001;

/**
 * CUPED (Deng, Xu, Kohavi & Walker 2013): y - theta (x - mean x) in place of y, theta = cov(x, y) / var x pooled within
 * arms, so that the effect itself does not enter it, mean x over both arms; then Welch's test. Unbiased for any theta
 * that does not depend on the assignment; with this one up to 1 / n.
 */
export function cuped(control: CovariateSample, treatment: CovariateSample, options: EffectOptions = {}): CupedEffect {
  const known = [control, treatment].map(historyOf);
  const [c, t] = known as [History, History];
  const count = c.known + t.known;
  const mean = count === 0 ? 0 : (c.mean * c.known + t.mean * t.known) / count;
  const squares = c.squares + t.squares;
  const theta = squares > 0 ? (c.products + t.products) / squares : 0;
  const unadjusted = differenceOfMeans(momentsOf(control.values), momentsOf(treatment.values), options);
  const adjusted = [control, treatment].map((arm) => momentsOf(adjust(arm, theta, mean)));
  const effect = differenceOfMeans(adjusted[0]!, adjusted[1]!, options);
  const varianceReduction =
    unadjusted.standardError === 0 ? 0 : 1 - (effect.standardError / unadjusted.standardError) ** 2;
  const units = control.values.length + treatment.values.length;
  const covariatePValue = healthOf(c, t);
  const warnings: string[] = [];
  if (covariatePValue < HEALTH_ALPHA) {
    warnings.push(
      `the covariate differs between the arms (p = ${covariatePValue.toPrecision(2)}): it must be measured before assignment.`,
    );
  }
  if (squares === 0) warnings.push("the covariate does not vary: nothing is adjusted.");
  const withoutHistory = 1 - count / units;
  return { ...effect, theta, varianceReduction, withoutHistory, unadjusted, covariatePValue, warnings };
}

interface History {
  readonly units: number;
  /** Units with a covariate. */
  readonly known: number;
  readonly mean: number;
  /** Sum of (x - mean)^2 and of (x - mean) y within the arm. */
  readonly squares: number;
  readonly products: number;
}

function historyOf({ values, covariates }: CovariateSample): History {
  checkLength("covariates", covariates.length, values.length);
  let known = 0;
  let sum = 0;
  for (const covariate of covariates) {
    if (Number.isNaN(covariate)) continue;
    if (!Number.isFinite(covariate)) throw new PlatformError("bad-data", "covariates must be finite or NaN.");
    known++;
    sum += covariate;
  }
  const mean = known === 0 ? 0 : sum / known;
  let squares = 0;
  let products = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(covariates[i]!)) continue;
    squares += (covariates[i]! - mean) ** 2;
    products += (covariates[i]! - mean) * values[i]!;
  }
  return { units: values.length, known, mean, squares, products };
}

function adjust({ values, covariates }: CovariateSample, theta: number, mean: number): Float64Array {
  return values.map((value, i) => (Number.isNaN(covariates[i]!) ? value : value - theta * (covariates[i]! - mean)));
}

/** Twice the smaller (Bonferroni) of the p-values of equal covariate means and of equal shares with history. */
function healthOf(c: History, t: History): number {
  let pMean = 1;
  if (c.known >= 2 && t.known >= 2) {
    const moments = (h: History) => ({ count: h.known, mean: h.mean, variance: h.squares / (h.known - 1) });
    pMean = differenceOfMeans(moments(c), moments(t)).pValue;
  }
  const share = (c.known + t.known) / (c.units + t.units);
  const spread = share * (1 - share) * (1 / c.units + 1 / t.units);
  const gap = c.known / c.units - t.known / t.units;
  const pShare = spread > 0 ? chiSquareTail((gap * gap) / spread, 1) : 1;
  return Math.min(1, 2 * Math.min(pMean, pShare));
}
