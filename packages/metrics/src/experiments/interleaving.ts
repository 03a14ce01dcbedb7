import { PlatformError, type Random } from "@sequitur/core";
import { binomialTail } from "../distributions/beta.js";
import { normalQuantile } from "../distributions/normal.js";
import { checkShare, checkWhole } from "./check-number.js";
import { effectOf, type EffectOptions } from "./effect.js";
import { momentsOf } from "./moments.js";

/** Two rankings shown as one list, and which of them put each item there. */
export interface InterleavedSlate {
  /** (K) distinct items, best first. */
  readonly items: Int32Array;
  /** (K) 0 for ranking a, 1 for ranking b. */
  readonly teams: Uint8Array;
}

/**
 * Team-draft interleaving (Radlinski, Kurup & Joachims 2008): in each round a coin says which ranking picks first; each
 * picks its best item not yet shown. Up to k items, fewer where both rankings end. A ranking that has ended passes.
 * Throws `bad-data` when an item repeats within one ranking.
 */
export function teamDraft(a: ArrayLike<number>, b: ArrayLike<number>, k: number, random: Random): InterleavedSlate {
  checkWhole("k", k, 1);
  checkDistinct(a, "a");
  checkDistinct(b, "b");
  const items: number[] = [];
  const teams: number[] = [];
  const shown = new Set<number>();
  const rankings = [a, b];
  const next = [0, 0];
  const pick = (team: number): boolean => {
    const ranking = rankings[team]!;
    while (next[team]! < ranking.length && shown.has(ranking[next[team]!]!)) next[team]!++;
    const item = ranking[next[team]!];
    if (item === undefined || items.length === k) return false;
    shown.add(item);
    items.push(item);
    teams.push(team);
    return true;
  };
  for (let picked = true; picked && items.length < k;) {
    const first = random.uint32() & 1;
    const led = pick(first);
    picked = pick(1 - first) || led;
  }
  return { items: Int32Array.from(items), teams: Uint8Array.from(teams) };
}

/** Clicks on items of b less clicks on items of a. Throws `bad-data` for a click on an item that was not shown. */
export function interleavingCredit({ items, teams }: InterleavedSlate, clicked: ArrayLike<number>): number {
  let credit = 0;
  for (let i = 0; i < clicked.length; i++) {
    const place = items.indexOf(clicked[i]!);
    if (place === -1)
      throw new PlatformError("bad-data", `clicked items must be in the slate, got item ${clicked[i]}.`);
    credit += teams[place] === 1 ? 1 : -1;
  }
  return credit;
}

/** Which of two rankings users prefer. */
export interface InterleavingResult {
  /** Units whose credit is above 0 (b), below 0 (a), and 0. */
  readonly winsB: number;
  readonly winsA: number;
  readonly ties: number;
  /** (wins of b - wins of a) / units in [-1, 1], with its t interval; 0 means no preference. */
  readonly preference: number;
  readonly low: number;
  readonly high: number;
  /** Two-sided exact sign test over the units that are no ties; 1 without one. */
  readonly pValue: number;
}

/**
 * The preference of units (users: sum the credits of their slates first, since slates of a user are not independent).
 * Throws `bad-data` for fewer than two units.
 */
export function interleavingTest(credits: Float64Array, options: EffectOptions = {}): InterleavingResult {
  const signs = credits.map((credit) => Math.sign(credit));
  const { count, mean, variance } = momentsOf(signs);
  if (count < 2) throw new PlatformError("bad-data", `interleaving needs at least two units, got ${count}.`);
  const winsB = signs.filter((sign) => sign > 0).length;
  const winsA = signs.filter((sign) => sign < 0).length;
  const standardError = Math.sqrt(variance / count);
  const { low, high } = effectOf({ control: 0, treatment: mean, standardError, degrees: count - 1 }, options);
  const pValue = Math.min(1, 2 * binomialTail(Math.max(winsA, winsB), winsA + winsB, 0.5));
  return { winsB, winsA, ties: count - winsA - winsB, preference: mean, low, high, pValue };
}

export interface InterleavingPlan {
  /** Share of units that prefer b, and that prefer a; different, above 0, together at most 1. */
  readonly winShareB: number;
  readonly winShareA: number;
  readonly alpha?: number;
  readonly power?: number;
}

/**
 * Units that the two-sided sign test needs, p = b / (a + b) the share of wins: (z_(alpha/2) / 2 + z_power sqrt(p (1 - p)))^2 /
 * (p - 1/2)^2 units that are no ties, divided by their share a + b.
 */
export function interleavingSampleSize(plan: InterleavingPlan): number {
  const { winShareA, winShareB, alpha = 0.05, power = 0.8 } = plan;
  checkShare("winShareA", winShareA);
  checkShare("winShareB", winShareB);
  checkShare("alpha", alpha);
  checkShare("power", power);
  const decided = winShareA + winShareB;
  if (decided > 1 || winShareA === winShareB) {
    const message = `the shares of wins must differ and sum to at most 1, got ${winShareA} and ${winShareB}.`;
    throw new PlatformError("bad-config", message);
  }
  const p = winShareB / decided;
  const reach = -normalQuantile(alpha / 2) / 2 + normalQuantile(power) * Math.sqrt(p * (1 - p));
  return Math.ceil((reach / (p - 0.5)) ** 2 / decided);
}

function checkDistinct(ranking: ArrayLike<number>, name: string): void {
  const seen = new Set<number>();
  for (let i = 0; i < ranking.length; i++) {
    const item = ranking[i]!;
    if (seen.has(item)) {
      throw new PlatformError(
        "bad-data",
        `ranking ${name} must have distinct items, got ${item} again at place ${i + 1}.`,
      );
    }
    seen.add(item);
  }
}
