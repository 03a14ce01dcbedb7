import { PlatformError } from "@sequitur/core";
import { normalQuantile, normalTail } from "../distributions/normal.js";
import { checkShare, checkWhole } from "./check-number.js";
import { crossingOf, nextDensity, START } from "./score-process.js";

/**
 * Group-sequential designs: a few planned looks, each with a bound on |z| (z = difference / standard error of all data so
 * far); crossing it stops the experiment. `obrien-fleming` bounds are high at first and nearly nominal at the end,
 * `pocock` bounds are equal. A look has an information share t: units so far / units at the end.
 */
export type BoundaryShape = "obrien-fleming" | "pocock";

export interface GroupSequentialDesign {
  /** (looks) information shares, ascending, the last one 1. */
  readonly information: readonly number[];
  /** (looks) stop at a look where |z| is at least this. */
  readonly bounds: readonly number[];
  /** (looks) probability of a false alarm used up so far, two-sided. */
  readonly spent: readonly number[];
}

export interface SpendingPlan {
  /** Two-sided, in (0, 1). */
  readonly alpha?: number;
  readonly shape?: BoundaryShape;
}

/** What happens at each look under a true effect. */
export interface CrossingProbabilities {
  /** (looks) P(stop at this look), in either direction. */
  readonly stop: readonly number[];
  /** P(stop at any look): the power, or under no effect alpha. */
  readonly total: number;
  /** Mean information share at the end of the experiment: below 1, what stopping early saves. */
  readonly expectedInformation: number;
}

/**
 * Bounds by alpha spending (Lan & DeMets 1983), for looks at any information shares. The part of each side's alpha spent
 * by share t is 2 - 2 Phi(z_(side/2) / sqrt t) for `obrien-fleming` and side ln(1 + (e - 1) t) for `pocock`, side =
 * alpha / 2. `information` may end below 1 while the experiment runs: later bounds depend on earlier shares only.
 */
export function spendingBounds(information: readonly number[], plan: SpendingPlan = {}): GroupSequentialDesign {
  const { alpha = 0.05, shape = "obrien-fleming" } = plan;
  checkShare("alpha", alpha);
  checkShape(shape);
  checkInformation(information);
  const spent = information.map((t) => 2 * spentBy(t, alpha / 2, shape));
  let density = START;
  const bounds = information.map((t, look) => {
    const share = spent[look]! - (spent[look - 1] ?? 0);
    const step = t - (information[look - 1] ?? 0);
    const bound = solve((z) => crossingOf(density, step, z * Math.sqrt(t), 0).total - share);
    const following = (information[look + 1] ?? t) - t;
    if (following > 0) density = nextDensity(density, step, bound * Math.sqrt(t), 0, following);
    return bound;
  });
  return { information, bounds, spent };
}

/**
 * The classic bounds at equally spaced looks: c for `pocock` (Pocock 1977) and c sqrt(looks / k) at look k for
 * `obrien-fleming` (O'Brien & Fleming 1979), c such that the whole errs with probability alpha.
 */
export function classicBounds(looks: number, plan: SpendingPlan = {}): GroupSequentialDesign {
  const { alpha = 0.05, shape = "obrien-fleming" } = plan;
  checkWhole("looks", looks, 1);
  checkShare("alpha", alpha);
  checkShape(shape);
  const information = Array.from({ length: looks }, (_, k) => (k + 1) / looks);
  const boundsFor = (c: number) => information.map((t) => (shape === "pocock" ? c : c / Math.sqrt(t)));
  const stops = (c: number) => stopProbabilities(information, boundsFor(c), 0);
  const constant = solve((c) => sumOf(stops(c)) - alpha);
  let spent = 0;
  return { information, bounds: boundsFor(constant), spent: stops(constant).map((stop) => (spent += stop)) };
}

/** P(stop) at each look when z has mean `drift` at information share 1: difference / standard error at the end. */
export function crossingProbabilities(design: GroupSequentialDesign, drift: number): CrossingProbabilities {
  const stop = stopProbabilities(design.information, design.bounds, drift);
  const total = sumOf(stop);
  const last = design.information.at(-1)!;
  const early = stop.reduce((sum, probability, look) => sum + probability * design.information[look]!, 0);
  return { stop, total, expectedInformation: early + (1 - total) * last };
}

/**
 * Units at the last look of the design / units of a test with one look, for the same alpha and power, above 1: multiply a
 * sample size with it.
 */
export function inflationFactor(design: GroupSequentialDesign, power = 0.8): number {
  checkShare("power", power);
  const alpha = design.spent.at(-1)!;
  if (power <= alpha) throw new PlatformError("bad-config", `power must be above alpha ${alpha}, got ${power}.`);
  const drift = solve((drift) => power - crossingProbabilities(design, drift).total);
  const single = normalQuantile(power) - normalQuantile(alpha / 2);
  return (drift / single) ** 2;
}

function stopProbabilities(information: readonly number[], bounds: readonly number[], drift: number): number[] {
  let density = START;
  return information.map((t, look) => {
    const step = t - (information[look - 1] ?? 0);
    const limit = bounds[look]! * Math.sqrt(t);
    const { total } = crossingOf(density, step, limit, drift);
    const following = (information[look + 1] ?? t) - t;
    if (following > 0) density = nextDensity(density, step, limit, drift, following);
    return total;
  });
}

function spentBy(t: number, side: number, shape: BoundaryShape): number {
  if (shape === "pocock") return side * Math.log1p((Math.E - 1) * t);
  return 2 * normalTail(-normalQuantile(side / 2) / Math.sqrt(t));
}

/** The root of a function that falls from above 0 at 0 to below 0 somewhere under 40, by bisection. */
function solve(f: (x: number) => number): number {
  let low = 0;
  let high = 40;
  while (high - low > 1e-8) {
    const middle = (low + high) / 2;
    if (f(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function checkShape(shape: BoundaryShape): void {
  if (shape !== "obrien-fleming" && shape !== "pocock") {
    throw new PlatformError("bad-config", `shape must be obrien-fleming or pocock, got ${String(shape)}.`);
  }
}

function checkInformation(information: readonly number[]): void {
  const rising = information.every((t, look) => t > (information[look - 1] ?? 0) && t <= 1);
  if (rising && information.length > 0) return;
  throw new PlatformError("bad-config", `information shares must rise within (0, 1], got ${information.join(", ")}.`);
}
