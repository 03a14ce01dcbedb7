import { PlatformError } from "@sequitur/core";
import type { Piece } from "../piece.js";
import type { ArmMeasures, DayCurve, LogDiagnostics } from "../report.js";
import type { Settings } from "../settings.js";
import { dayCurve, pairedMean, worldMean } from "./world-mean.js";

/** One arm's totals in one world after the warm-up, and day by day. */
interface Totals {
  readonly slates: number;
  readonly clicks: number;
  readonly satisfied: number;
  readonly regret: number;
  readonly diversity: number;
  readonly fresh: number;
  readonly coverage: number;
  readonly dailySlates: Float64Array;
  readonly dailyClicks: Float64Array;
  readonly dailyRegret: Float64Array;
}

/** The measures of an arm over its worlds. */
export function measureArm(pieces: readonly Piece[], settings: Settings): ArmMeasures {
  const totals = pieces.map((piece) => totalsOf(piece, settings));
  const mean = (value: (own: Totals) => number) => worldMean(totals.map(value), settings.alpha);
  return {
    clicksPerSlate: mean(({ clicks, slates }) => clicks / slates),
    clicks: mean(({ clicks }) => clicks),
    satisfiedPerSlate: mean(({ satisfied, slates }) => satisfied / slates),
    regret: settings.regret ? mean(({ regret }) => regret) : null,
    diversity: mean(({ diversity }) => diversity),
    coverage: mean(({ coverage }) => coverage),
    freshShare: mean(({ fresh }) => fresh),
  };
}

/** Arm - control, world by world, with intervals of level 1 - alpha. */
export function differences(arm: ArmMeasures, control: ArmMeasures, alpha: number): ArmMeasures {
  const of = (key: Exclude<keyof ArmMeasures, "regret">) => pairedMean(arm[key], control[key], alpha);
  return {
    clicksPerSlate: of("clicksPerSlate"),
    clicks: of("clicks"),
    satisfiedPerSlate: of("satisfiedPerSlate"),
    regret: arm.regret && control.regret && pairedMean(arm.regret, control.regret, alpha),
    diversity: of("diversity"),
    coverage: of("coverage"),
    freshShare: of("freshShare"),
  };
}

/** Click rate of each day, smoothed over a week of days so far, and cumulative regret. */
export function curvesOf(
  pieces: readonly Piece[],
  settings: Settings,
): { readonly clickRate: DayCurve; readonly regret: DayCurve | null } {
  const totals = pieces.map((piece) => totalsOf(piece, settings));
  const curve = (of: (own: Totals) => Float64Array) => dayCurve(totals.map(of), settings.alpha);
  return {
    clickRate: curve(({ dailyClicks, dailySlates }) => weeklyRate(dailyClicks, dailySlates)),
    regret: settings.regret ? curve(({ dailyRegret }) => cumulative(dailyRegret)) : null,
  };
}

function totalsOf(piece: Piece, { warmup, days }: Settings): Totals {
  const daily = { slates: new Float64Array(days), clicks: new Float64Array(days), regret: new Float64Array(days) };
  let [satisfied, diversity, pairs, fresh] = [0, 0, 0, 0];
  for (let row = 0; row < piece.day.length; row++) {
    const day = piece.day[row]! - warmup.days;
    if (day < 0) continue;
    daily.slates[day]! += 1;
    daily.clicks[day]! += piece.clicks[row]!;
    daily.regret[day]! += piece.best[row]! - piece.expected[row]!;
    satisfied += piece.satisfied[row]!;
    fresh += piece.fresh[row]!;
    if (Number.isNaN(piece.diversity[row]!)) continue;
    diversity += piece.diversity[row]!;
    pairs++;
  }
  const slates = sum(daily.slates);
  if (slates === 0) {
    const message = `world ${piece.seed} must have visits after the warm-up, got none: it needs more users or days.`;
    throw new PlatformError("bad-data", message);
  }
  return {
    slates,
    clicks: sum(daily.clicks),
    satisfied,
    regret: sum(daily.regret),
    diversity: pairs > 0 ? diversity / pairs : 0,
    fresh: fresh / slates,
    coverage: piece.shown.filter((times) => times > 0).length / piece.openItems,
    dailySlates: daily.slates,
    dailyClicks: daily.clicks,
    dailyRegret: daily.regret,
  };
}

const SMOOTH_DAYS = 7;

function weeklyRate(clicks: Float64Array, slates: Float64Array): Float64Array {
  return clicks.map((_, day) => {
    const from = Math.max(0, day - SMOOTH_DAYS + 1);
    return sum(clicks.subarray(from, day + 1)) / Math.max(1, sum(slates.subarray(from, day + 1)));
  });
}

function cumulative(values: Float64Array): Float64Array {
  let total = 0;
  return values.map((value) => (total += value));
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Below these the log of an arm says little of other policies. */
const SUPPORT = 0.9;
const FEW = 0.05;

/** What the propensities of an arm are worth to whoever evaluates another policy on its log; null when none is known. */
export function logDiagnostics(pieces: readonly Piece[]): LogDiagnostics | null {
  const add = (value: (weights: Piece["weights"]) => number): number =>
    pieces.reduce((total, { weights }) => total + value(weights), 0);
  const positions = add(({ count }) => count);
  if (positions === 0) return null;
  const [total, squares] = [add((weights) => weights.sum), add((weights) => weights.squares)];
  const meanWeight = total / positions;
  const effectiveShare = total ** 2 / squares / positions;
  const warnings: string[] = [];
  const unknown = add((weights) => weights.unknown);
  if (unknown > 0) warnings.push(`the propensities of ${unknown} positions are not known.`);
  const estimated = add((weights) => weights.estimated);
  if (estimated > 0) {
    warnings.push(`the propensities of ${estimated} positions are sampled: weights are right on average, and noisier.`);
  }
  if (meanWeight < SUPPORT) {
    const lost = (100 * (1 - meanWeight)).toFixed(0);
    warnings.push(`missing support: about ${lost} % of what a uniform policy shows could not be shown by this arm.`);
  }
  if (effectiveShare < FEW) {
    warnings.push(`weak overlap: its slates weigh like ${(100 * effectiveShare).toFixed(1)} % of their number.`);
  }
  return {
    positions,
    meanWeight,
    largestWeight: pieces.reduce((most, { weights }) => Math.max(most, weights.most), 0),
    effectiveShare,
    certainShare: add(({ certain }) => certain) / positions,
    leastPropensity: pieces.reduce((least, { weights }) => Math.min(least, weights.least), 1),
    histogram: pieces[0]!.propensities.reduce<number[]>((bins, _, bin) => {
      return [...bins, pieces.reduce((count, { propensities }) => count + propensities[bin]!, 0)];
    }, []),
    warnings,
  };
}
