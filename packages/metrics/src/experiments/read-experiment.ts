import { PlatformError } from "@sequitur/core";
import { normalQuantile } from "../distributions/normal.js";
import { alwaysValidLook, mixingVariance } from "./always-valid.js";
import { cuped, type CupedEffect } from "./cuped.js";
import type { Effect } from "./effect.js";
import { correctEffects } from "./multiple-arms.js";
import { detectableDifference, meansSampleSize } from "./power.js";
import { differenceOfRatios, ratioEstimate, type RatioEstimate, type RatioSample } from "./ratio-metric.js";
import { relativeEffect, type RelativeEffect } from "./relative-effect.js";

/** One arm's units (users) with the sums of one metric, such as clicks over slates. */
export interface ArmSample extends RatioSample {
  readonly arm: string;
  /** (n) the same metric of the unit before the experiment; NaN where there is no history; absent: no CUPED. */
  readonly covariates?: Float64Array;
}

/** What was decided before the start. */
export interface ReadingPlan {
  /** Name of the control arm. */
  readonly control: string;
  readonly alpha?: number;
  readonly power?: number;
  /** Relative effect that the experiment is to find, in (0, 1). */
  readonly effect?: number;
  /** Days that users have come in so far, for `daysNeeded`. */
  readonly days?: number;
}

/** One arm against control. */
export interface ArmReading extends Effect {
  readonly arm: string;
  readonly relativeEffect: RelativeEffect;
  /** Holm-adjusted over the arms; valid for one look, at the planned end. */
  readonly adjustedPValue: number;
  /** Valid however often one looks, Bonferroni-corrected over the arms; null before `FIRST_LOOK`. */
  readonly alwaysValid: { readonly pValue: number; readonly low: number; readonly high: number } | null;
  /** The difference a unit with the past of the units taken out; null without covariates. */
  readonly cuped: CupedEffect | null;
}

/** One metric of an experiment. */
export interface MetricReading {
  readonly arms: readonly { readonly arm: string; readonly units: number; readonly value: number | null }[];
  readonly effects: readonly ArmReading[];
  readonly power: ExperimentPower | null;
}

/** What the experiment can find. */
export interface ExperimentPower {
  /** Units of control so far, and the smallest relative effect that they find. */
  readonly units: number;
  readonly detectable: number;
  /** Units an arm for the planned effect, and the days until the smallest arm has them; null without `days`. */
  readonly needed: number;
  readonly daysNeeded: number | null;
}

/** Units and rewards that each arm must have before the first look: below, estimates are not yet normal. */
export const FIRST_LOOK = { units: 100, rewards: 10 };

/**
 * The reading of one metric of an experiment: the one code path of simulated and of served experiments. Arms of fewer than
 * two units have no effect. Throws `bad-config` where control is none of the arms.
 */
export function readMetric(samples: readonly ArmSample[], plan: ReadingPlan): MetricReading {
  const { alpha = 0.05 } = plan;
  const control = samples.find(({ arm }) => arm === plan.control);
  if (control === undefined) {
    const expected = samples.map(({ arm }) => arm).join(", ");
    throw new PlatformError("bad-config", `control must be one of ${expected}, got ${plan.control}.`);
  }
  const base = estimateOf(control);
  const arms = samples.map((sample) => ({
    arm: sample.arm,
    units: sample.numerators.length,
    value: estimateOf(sample)?.ratio ?? null,
  }));
  const compared = samples.flatMap((sample) => {
    const estimate = sample === control ? undefined : estimateOf(sample);
    return base === undefined || estimate === undefined ? [] : [{ sample, estimate }];
  });
  const level = 1 - alpha;
  const effects = correctEffects(
    compared.map(({ sample, estimate }) => ({
      arm: sample.arm,
      ...differenceOfRatios(control, sample, { level }),
      relativeEffect: relativeEffect(base!, estimate, level),
      alwaysValid: alwaysValidOf(control, sample, plan, samples.length - 1),
      cuped: cupedOf(control, sample, level),
    })),
  );
  return { arms, effects, power: base === undefined ? null : powerOf(base, samples, plan) };
}

function estimateOf(sample: RatioSample): RatioEstimate | undefined {
  const isKnown = sample.numerators.length >= 2 && sample.denominators.some((value) => value > 0);
  return isKnown ? ratioEstimate(sample) : undefined;
}

/**
 * The always-valid look of now. Its mixing variance is that of the standard error at which the planned effect is found, so
 * it depends on the plan and on control's value only, not on the difference that is tested.
 */
function alwaysValidOf(
  control: ArmSample,
  treatment: ArmSample,
  { alpha = 0.05, power = 0.8, effect = 0.05 }: ReadingPlan,
  compared: number,
): ArmReading["alwaysValid"] {
  if (!mayLook(control) || !mayLook(treatment)) return null;
  const found = differenceOfRatios(control, treatment);
  const wanted = effect * Math.abs(found.control);
  if (!(found.standardError > 0 && wanted > 0)) return null;
  const corrected = alpha / compared;
  const planned = wanted / (normalQuantile(1 - corrected / 2) + normalQuantile(power));
  const look = alwaysValidLook(found, { mixingVariance: mixingVariance(planned, corrected), alpha: corrected });
  return { pValue: Math.min(1, compared * look.pValue), low: look.low, high: look.high };
}

/** Whether an arm has enough for estimates to be normal. */
export function mayLook({ numerators }: RatioSample): boolean {
  return numerators.length >= FIRST_LOOK.units && sumOf(numerators) >= FIRST_LOOK.rewards;
}

/** CUPED of the numerators a unit. */
function cupedOf(control: ArmSample, treatment: ArmSample, level: number): CupedEffect | null {
  if (control.covariates === undefined || treatment.covariates === undefined) return null;
  return cuped(
    { values: control.numerators, covariates: control.covariates },
    { values: treatment.numerators, covariates: treatment.covariates },
    { level },
  );
}

function powerOf(base: RatioEstimate, samples: readonly ArmSample[], plan: ReadingPlan): ExperimentPower | null {
  const { alpha = 0.05, power = 0.8, effect = 0.05, days } = plan;
  const { ratio, unitVariance, count } = base;
  if (ratio === 0 || unitVariance === 0) return null;
  const deviation = Math.sqrt(unitVariance);
  const size = Math.abs(ratio);
  const needed = meansSampleSize({ deviation, difference: effect * size, alpha, power }).control;
  const least = samples.reduce((fewest, { numerators }) => Math.min(fewest, numerators.length), Infinity);
  const daysNeeded =
    days === undefined || days <= 0 || least === 0 ? null : Math.max(0, Math.ceil(((needed - least) * days) / least));
  return {
    units: count,
    detectable: detectableDifference(deviation, count, { alpha, power }) / size,
    needed,
    daysNeeded,
  };
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
