import { PlatformError, type Random } from "@sequitur/core";
import { checkLength, checkPositive, checkWhole } from "./check-number.js";
import { effectOf, type Effect, type EffectOptions } from "./effect.js";
import { momentsOf } from "./moments.js";

/**
 * A switchback experiment: where users share a supply (tables, couriers, ad budget), a treatment of some users changes
 * what is left for the others, and a comparison of users is biased. Here whole regions switch between the arms over
 * time. Blocks of equal length come in pairs, and a coin per pair and region says which of the two is treated, so that
 * drift between pairs cancels and the pair is the unit of the analysis.
 */
export interface SwitchbackDesign {
  readonly startMs: number;
  readonly blockMs: number;
  readonly regions: number;
  /** Pairs of blocks of each region. */
  readonly pairs: number;
  /** (regions, 2 pairs) row-major: 1 where the block is treated. */
  readonly arms: Uint8Array;
}

export interface SwitchbackPlan {
  readonly startMs: number;
  readonly blockMs: number;
  readonly pairs: number;
  /** Places that share no supply with each other, numbered from 0. */
  readonly regions?: number;
  readonly random: Random;
}

/** One value an event (order, slate), of any user. */
export interface SwitchbackEvents {
  /** (n) ms since the epoch. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** (n) region of each event; absent where there is one region. */
  readonly regions?: Int32Array;
}

export interface SwitchbackOptions extends EffectOptions {
  /** Events in this first part of a block are left out, while the arm before still has its effect; below blockMs. */
  readonly burnInMs?: number;
  readonly random: Random;
  /** Sign flips drawn where there are too many pairs to take all. */
  readonly resamples?: number;
}

export interface SwitchbackEffect extends Effect {
  /** Pairs with events in both blocks; the others are left out. */
  readonly pairs: number;
  readonly emptyPairs: number;
  /** Events used, and those left out as burn-in or outside the design. */
  readonly events: number;
  readonly skippedEvents: number;
  /** Two-sided randomisation test of no effect at all: all sign flips up to 16 pairs, else (1 + hits) / (1 + draws). */
  readonly randomisationPValue: number;
}

/** Up to this many pairs all 2^pairs assignments are enumerated. */
const ENUMERATED_PAIRS = 16;

/** Draws the arms of a switchback experiment. */
export function switchbackDesign(plan: SwitchbackPlan): SwitchbackDesign {
  const { startMs, blockMs, pairs, regions = 1, random } = plan;
  checkPositive("blockMs", blockMs);
  checkWhole("pairs", pairs, 1);
  checkWhole("regions", regions, 1);
  if (!Number.isFinite(startMs)) throw new PlatformError("bad-config", `startMs must be finite, got ${startMs}.`);
  const arms = new Uint8Array(regions * pairs * 2);
  for (let pair = 0; pair < regions * pairs; pair++) arms[2 * pair + (random.uint32() & 1)] = 1;
  return { startMs, blockMs, regions, pairs, arms };
}

/** The arm at an instant: 1 treated, 0 not; undefined outside the experiment. */
export function switchbackArm(design: SwitchbackDesign, timeMs: number, region = 0): 0 | 1 | undefined {
  const block = blockOf(design, timeMs, region);
  return block === -1 ? undefined : (design.arms[block] as 0 | 1);
}

/**
 * The mean over pairs of (mean of the treated block - mean of the other), with the t interval of pairs (pairs - 1 degrees)
 * and a randomisation test. Throws `bad-data` for fewer than two pairs with events in both blocks.
 */
export function switchbackEffect(
  design: SwitchbackDesign,
  events: SwitchbackEvents,
  options: SwitchbackOptions,
): SwitchbackEffect {
  const { random, burnInMs = 0, resamples = 10_000 } = options;
  if (!(burnInMs >= 0 && burnInMs < design.blockMs)) {
    throw new PlatformError("bad-config", `burnInMs must be in [0, ${design.blockMs}), got ${burnInMs}.`);
  }
  checkWhole("resamples", resamples, 1);
  const { sums, counts, used } = blockTotals(design, events, burnInMs);
  const controls: number[] = [];
  const treatments: number[] = [];
  for (let first = 0; first < sums.length; first += 2) {
    if (counts[first] === 0 || counts[first + 1] === 0) continue;
    const treated = first + (design.arms[first] === 1 ? 0 : 1);
    const other = 2 * first + 1 - treated;
    controls.push(sums[other]! / counts[other]!);
    treatments.push(sums[treated]! / counts[treated]!);
  }
  const pairs = controls.length;
  if (pairs < 2) {
    throw new PlatformError(
      "bad-data",
      `a switchback needs two or more pairs with events in both blocks, got ${pairs}.`,
    );
  }
  const differences = Float64Array.from(treatments, (value, pair) => value - controls[pair]!);
  const standardError = Math.sqrt(momentsOf(differences).variance / pairs);
  const [control, treatment] = [momentsOf(controls).mean, momentsOf(treatments).mean];
  return {
    ...effectOf({ control, treatment, standardError, degrees: pairs - 1 }, options),
    pairs,
    emptyPairs: sums.length / 2 - pairs,
    events: used,
    skippedEvents: events.values.length - used,
    randomisationPValue: flipPValue(differences, resamples, random),
  };
}

function blockOf({ startMs, blockMs, regions, pairs }: SwitchbackDesign, timeMs: number, region: number): number {
  if (!(Number.isInteger(region) && region >= 0 && region < regions)) {
    throw new PlatformError("bad-data", `regions must be whole numbers below ${regions}, got ${region}.`);
  }
  const block = Math.floor((timeMs - startMs) / blockMs);
  return block >= 0 && block < 2 * pairs ? region * 2 * pairs + block : -1;
}

function blockTotals(design: SwitchbackDesign, { times, values, regions }: SwitchbackEvents, burnInMs: number) {
  checkLength("values", values.length, times.length);
  if (regions !== undefined) checkLength("regions", regions.length, times.length);
  const sums = new Float64Array(design.arms.length);
  const counts = new Int32Array(design.arms.length);
  let used = 0;
  for (let i = 0; i < times.length; i++) {
    const block = blockOf(design, times[i]!, regions?.[i] ?? 0);
    const into = (times[i]! - design.startMs) % design.blockMs;
    if (block === -1 || into < burnInMs) continue;
    sums[block]! += values[i]!;
    counts[block]!++;
    used++;
  }
  return { sums, counts, used };
}

/** Share of sign flips whose sum is at least as far from 0 as the observed one. */
function flipPValue(differences: Float64Array, resamples: number, random: Random): number {
  const n = differences.length;
  let observed = 0;
  let size = 0;
  for (const difference of differences) {
    observed += difference;
    size += Math.abs(difference);
  }
  // Sums of the same numbers in another order differ by rounding only.
  const limit = Math.abs(observed) - 1e-12 * size;
  const enumerated = n <= ENUMERATED_PAIRS;
  const draws = enumerated ? 2 ** n : resamples;
  let hits = 0;
  for (let draw = 0; draw < draws; draw++) {
    let sum = 0;
    let bits = draw;
    for (let i = 0; i < n; i++) {
      if (!enumerated && i % 32 === 0) bits = random.uint32();
      sum += ((bits >>> (i % 32)) & 1) === 1 ? differences[i]! : -differences[i]!;
    }
    if (Math.abs(sum) >= limit) hits++;
  }
  return enumerated ? hits / draws : (1 + hits) / (1 + draws);
}
