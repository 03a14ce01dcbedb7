import { PlatformError } from "@sequitur/core";
import { checkPositive, checkShare } from "./check-number.js";

/**
 * The mixture sequential probability ratio test (Robbins 1970; for experiments Johari, Koomen, Pekelis & Walsh 2022).
 * An estimate d with standard error s (V = s^2) has, against "no effect", the mixture likelihood ratio
 *   L = sqrt(V / (V + m)) exp(d^2 m / (2 V (V + m))),  m the variance of the normal mixture of effects.
 * Under no effect L is a martingale as data come in, so P(L ever reaches 1 / alpha) <= alpha: 1 / L, its running
 * minimum, is a p-value at every look at once, however often and for whatever reason one looks. Inverting it gives a
 * confidence sequence, intervals that cover the truth at all looks at once with probability 1 - alpha.
 */
export interface AlwaysValidOptions {
  /** Variance m of the effects that are plausible, above 0, in squared units of the metric; see `mixingVariance`. */
  readonly mixingVariance: number;
  /** In (0, 1). */
  readonly alpha?: number;
}

/** An estimate so far, of all data since the start; any analysis of this folder gives one. */
export interface Look {
  readonly difference: number;
  /** Above 0. */
  readonly standardError: number;
}

/** The state of the test after a look. */
export interface AlwaysValidLook {
  readonly difference: number;
  /** Always-valid, two-sided; never rises from look to look. */
  readonly pValue: number;
  /** The confidence sequence at this look; with `running`, the intersection of all so far. */
  readonly low: number;
  readonly high: number;
  /** Empty (low > high) only where the data contradict the assumptions, such as an effect that changed midway. */
  readonly running: { readonly low: number; readonly high: number };
  /** pValue <= alpha: the experiment may be stopped here. */
  readonly reject: boolean;
}

/**
 * One more look. `previous` is the result of the last one and carries p-value and running interval; give none at the
 * first. The estimates are taken as normal: begin to look when each arm has some hundred units (for rates: some ten
 * clicks an arm), since the guarantee counts from the first look on. Throws `bad-data` for a standard error of 0.
 */
export function alwaysValidLook(look: Look, options: AlwaysValidOptions, previous?: AlwaysValidLook): AlwaysValidLook {
  const { mixingVariance: mixing, alpha = 0.05 } = options;
  checkPositive("mixingVariance", mixing);
  checkShare("alpha", alpha);
  const { difference, standardError } = look;
  if (!(standardError > 0 && standardError < Infinity && Number.isFinite(difference))) {
    const message = `a look must have a finite difference and a standard error above 0, got ${difference} and ${standardError}.`;
    throw new PlatformError("bad-data", message);
  }
  const variance = standardError ** 2;
  const whole = variance + mixing;
  const logRatio = 0.5 * Math.log(variance / whole) + (difference ** 2 * mixing) / (2 * variance * whole);
  const pValue = Math.min(previous?.pValue ?? 1, Math.exp(-logRatio));
  const half = Math.sqrt(((variance * whole) / mixing) * (Math.log(whole / variance) - 2 * Math.log(alpha)));
  const [low, high] = [difference - half, difference + half];
  const running = {
    low: Math.max(previous?.running.low ?? -Infinity, low),
    high: Math.min(previous?.running.high ?? Infinity, high),
  };
  return { difference, pValue, low, high, running, reject: pValue <= alpha };
}

/** All looks in order. */
export function alwaysValidPath(looks: Iterable<Look>, options: AlwaysValidOptions): readonly AlwaysValidLook[] {
  const path: AlwaysValidLook[] = [];
  for (const look of looks) path.push(alwaysValidLook(look, options, path.at(-1)));
  return path;
}

/**
 * The mixing variance that makes the confidence sequence narrowest where the estimate has the standard error given: that
 * of the planned end of the experiment, from numbers known before its start. With x = m / V the squared half-width is
 * V (1 + 1/x) (ln(1 + x) + 2 ln(1 / alpha)), least where x = ln(1 + x) + 2 ln(1 / alpha).
 */
export function mixingVariance(plannedStandardError: number, alpha = 0.05): number {
  checkPositive("plannedStandardError", plannedStandardError);
  checkShare("alpha", alpha);
  const evidence = -2 * Math.log(alpha);
  let x = evidence + 1;
  for (let step = 0; step < 100; step++) x = evidence + Math.log1p(x);
  return x * plannedStandardError ** 2;
}
