import { PlatformError } from "@sequitur/core";
import { normalCdf, normalQuantile } from "../distributions/normal.js";
import { studentQuantile } from "../distributions/student.js";
import { checkPositive, checkShare, checkWhole } from "./check-number.js";

export interface TestPlan {
  /** Probability of a false alarm, two-sided, in (0, 1). */
  readonly alpha?: number;
  /** Units in treatment for each unit in control, above 0. */
  readonly allocation?: number;
}

export interface PowerPlan extends TestPlan {
  /** Probability to find the effect if it is there, in (0, 1). */
  readonly power?: number;
}

/** Units needed in each arm. */
export interface SampleSize {
  readonly control: number;
  readonly treatment: number;
}

export interface ProportionsPlan {
  /** Rate in control and in treatment, both in (0, 1) and different. */
  readonly control: number;
  readonly treatment: number;
}

export interface MeansPlan {
  /** Standard deviation of one unit, above 0; for a ratio metric sqrt(`unitVariance` of `ratioEstimate`). */
  readonly deviation: number;
  /** The difference of means to be found, not 0. */
  readonly difference: number;
}

const ALPHA = 0.05;
const POWER = 0.8;
/** Beyond this a plan is a mistake (a difference of nearly 0), not an experiment. */
const MOST_UNITS = 1e15;

/**
 * Units for a two-sided test of two rates (Fleiss, Levin & Paik 2003, eq. 4.14, without continuity correction), m the
 * allocation, p' = (p_c + m p_t) / (1 + m):
 * n_c = (z_(alpha/2) sqrt((m + 1) p' (1 - p')) + z_beta sqrt(m p_c (1 - p_c) + p_t (1 - p_t)))^2 / (m (p_t - p_c)^2).
 */
export function proportionsSampleSize(rates: ProportionsPlan, plan: PowerPlan = {}): SampleSize {
  const { alpha = ALPHA, power = POWER, allocation = 1 } = plan;
  checkPlan(alpha, allocation, power);
  const { pooled, apart } = proportionSpreads(rates, allocation);
  const reach = -normalQuantile(alpha / 2) * pooled + normalQuantile(power) * apart;
  const control = Math.max(2, Math.ceil(reach ** 2 / (allocation * (rates.treatment - rates.control) ** 2)));
  return sized(control, allocation);
}

/** Probability that the two-sided test of two rates finds the difference, with n units in control; as above, solved. */
export function proportionsPower(rates: ProportionsPlan, controlUnits: number, plan: TestPlan = {}): number {
  const { alpha = ALPHA, allocation = 1 } = plan;
  checkPlan(alpha, allocation);
  checkWhole("units of control", controlUnits, 2);
  const { pooled, apart } = proportionSpreads(rates, allocation);
  const gap = Math.abs(rates.treatment - rates.control) * Math.sqrt(controlUnits * allocation);
  const critical = -normalQuantile(alpha / 2) * pooled;
  return normalCdf((gap - critical) / apart) + normalCdf((-gap - critical) / apart);
}

/**
 * Units for a two-sided t test of two means with equal deviations, exact (noncentral t): the smallest control arm whose
 * power reaches the one asked for. Also for ratio metrics, with their unit deviation.
 */
export function meansSampleSize(plan: MeansPlan & PowerPlan): SampleSize {
  const { power = POWER, allocation = 1, alpha = ALPHA } = plan;
  checkPlan(alpha, allocation, power);
  checkMeans(plan);
  let high = 2;
  while (meansPower(plan, high) < power) {
    high *= 2;
    if (high > MOST_UNITS) {
      throw new PlatformError("bad-config", `difference ${plan.difference} needs more than ${MOST_UNITS} units.`);
    }
  }
  let low = high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (meansPower(plan, middle) < power) low = middle;
    else high = middle;
  }
  return sized(high, allocation);
}

/** Power of the two-sided t test of two means with n units in control: P(|T'| > t_(1 - alpha/2)), T' noncentral. */
export function meansPower(plan: MeansPlan & TestPlan, controlUnits: number): number {
  const { alpha = ALPHA, allocation = 1, deviation, difference } = plan;
  checkPlan(alpha, allocation);
  checkMeans(plan);
  checkWhole("units of control", controlUnits, 2);
  const treatmentUnits = Math.ceil(controlUnits * allocation);
  const degrees = controlUnits + treatmentUnits - 2;
  const shift = Math.abs(difference) / (deviation * Math.sqrt(1 / controlUnits + 1 / treatmentUnits));
  return noncentralPower(shift, degrees, studentQuantile(1 - alpha / 2, degrees));
}

/** The smallest difference of means (above 0) that n units in control find with the power asked for. */
export function detectableDifference(deviation: number, controlUnits: number, plan: PowerPlan = {}): number {
  const { power = POWER, alpha = ALPHA } = plan;
  checkPositive("deviation", deviation);
  checkShare("power", power);
  if (power <= alpha) throw new PlatformError("bad-config", `power must be above alpha ${alpha}, got ${power}.`);
  let low = 0;
  let high = deviation;
  const reached = (difference: number): boolean =>
    meansPower({ ...plan, deviation, difference }, controlUnits) >= power;
  while (!reached(high)) high *= 2;
  while (high - low > 1e-9 * high) {
    const middle = (low + high) / 2;
    if (reached(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** sqrt((1 + m) p'(1 - p')) and sqrt(m p_c(1 - p_c) + p_t(1 - p_t)). */
function proportionSpreads({ control, treatment }: ProportionsPlan, allocation: number) {
  checkShare("rate of control", control);
  checkShare("rate of treatment", treatment);
  if (control === treatment) {
    throw new PlatformError("bad-config", `the rates must differ, got ${control} for both.`);
  }
  const mean = (control + allocation * treatment) / (1 + allocation);
  const pooled = Math.sqrt((1 + allocation) * mean * (1 - mean));
  const apart = Math.sqrt(allocation * control * (1 - control) + treatment * (1 - treatment));
  return { pooled, apart };
}

function checkMeans({ deviation, difference }: MeansPlan): void {
  checkPositive("deviation", deviation);
  checkPositive("difference (in size)", Math.abs(difference));
}

function checkPlan(alpha: number, allocation: number, power?: number): void {
  checkShare("alpha", alpha);
  checkPositive("allocation", allocation);
  if (power === undefined) return;
  checkShare("power", power);
  if (power <= alpha) throw new PlatformError("bad-config", `power must be above alpha ${alpha}, got ${power}.`);
}

function sized(control: number, allocation: number): SampleSize {
  return { control, treatment: Math.ceil(control * allocation) };
}

/**
 * P(|T'| > critical) for a noncentral t, as the mean of normal tails over S = sqrt(chi-square / degrees), Simpson's rule
 * over ten deviations of S; its density, s^(degrees - 1) exp(-degrees s^2 / 2), is normalised by the same sum.
 */
function noncentralPower(shift: number, degrees: number, critical: number): number {
  const reach = 10 / Math.sqrt(2 * degrees);
  const low = Math.max(1e-9, 1 - reach);
  const steps = 400;
  const width = (1 + reach - low) / steps;
  let total = 0;
  let beyond = 0;
  for (let i = 0; i <= steps; i++) {
    const s = low + i * width;
    const simpson = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    const weight = simpson * Math.exp((degrees - 1) * Math.log(s) - (degrees * (s * s - 1)) / 2);
    total += weight;
    beyond += weight * (normalCdf(shift - critical * s) + normalCdf(-shift - critical * s));
  }
  return beyond / total;
}
