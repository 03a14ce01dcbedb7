import { PlatformError, Random } from "@sequitur/core";
import {
  alwaysValidLook,
  differenceOfRatios,
  mayLook,
  mixingVariance,
  momentsOf,
  ratioEstimate,
  readMetric,
  sampleRatioTest,
  segmentEffects,
  type AlwaysValidLook,
  type RatioSample,
} from "@sequitur/metrics";
import type { Piece } from "../piece.js";
import type { PowerReport, Reading, SampleRatioReport } from "../report.js";
import type { Settings } from "../settings.js";

/**
 * The simulated log read as an A/B test: each user of each world belongs to one arm, drawn by their own stream, and only
 * their slates in that arm count. All worlds are pooled into one experiment of (world, user) units.
 */
export interface AbTest {
  readonly readings: ReadonlyMap<string, Reading>;
  readonly sampleRatio: SampleRatioReport | null;
  readonly power: PowerReport | null;
}

/** One arm's users: their clicks and slates so far, and who they are. */
interface ArmUsers {
  readonly label: string;
  readonly clicks: Float64Array;
  readonly slates: Float64Array;
  readonly segments: Int32Array;
  /** Rows of all pieces that count, by day: unit and clicks. */
  readonly days: readonly { readonly units: number[]; readonly clicks: number[] }[];
}

/** Reads arms that finished every world as one test against `control`. */
export function readAsAbTest(arms: ReadonlyMap<string, readonly Piece[]>, control: string, settings: Settings): AbTest {
  const labels = [...arms.keys()];
  const users = new Map(
    labels.map((label, arm) => [label, armUsers(label, arms.get(label)!, arm, labels.length, settings)]),
  );
  const base = users.get(control);
  const paths = new Map<string, Reading["path"]>();
  const segmentNames = arms.get(control)?.[0]?.segmentNames ?? [];
  if (base === undefined) return { readings: new Map(), sampleRatio: null, power: null };
  // Bonferroni: the arms together give a false alarm with probability alpha at most.
  const family = { compared: Math.max(1, labels.length - 1), days: settings.days, alpha: settings.alpha };
  const planned = plannedMixing(arms.get(control)!, labels.length, settings, family.alpha / family.compared);
  // Every arm's totals grow with the days of the control's path, so each pair walks a copy.
  for (const [label, own] of users) {
    paths.set(label, label === control || planned === null ? [] : pathOf(base, own, planned, family));
  }
  for (const own of users.values()) addDays(own, settings.days);
  const { effects, power } = readAtEnd(base, users.values(), settings);
  const readings = new Map<string, Reading>();
  for (const [label, own] of users) {
    const path = paths.get(label)!;
    const stop = path.find(({ pValue }) => pValue <= settings.alpha);
    readings.set(label, {
      users: seen(own).length,
      slates: total(own.slates),
      clicks: total(own.clicks),
      clicksPerSlate: total(own.clicks) / Math.max(1, total(own.slates)),
      effect: effects.get(label) ?? null,
      path,
      stoppedOn: stop?.day ?? null,
      ...segmentsOf(base, own, segmentNames, settings.alpha),
    });
  }
  return { readings, sampleRatio: sampleRatioOf([...users.values()]), power };
}

/** Which arm a user of a world belongs to, of `arms` alike. */
export function assignedArm(seed: number, user: number, arms: number): number {
  return new Random(`assignment/${seed}/${user}`).integer(arms);
}

function armUsers(label: string, pieces: readonly Piece[], arm: number, arms: number, settings: Settings): ArmUsers {
  const days = Array.from({ length: settings.days }, () => ({ units: [] as number[], clicks: [] as number[] }));
  const segments: number[] = [];
  for (const piece of pieces) {
    const unitOf = new Int32Array(piece.users).fill(-1);
    for (let user = 0; user < piece.users; user++) {
      if (assignedArm(piece.seed, user, arms) !== arm) continue;
      unitOf[user] = segments.length;
      segments.push(piece.segments[user]!);
    }
    for (let row = 0; row < piece.day.length; row++) {
      const day = piece.day[row]! - settings.warmup.days;
      const unit = unitOf[piece.user[row]!]!;
      if (day < 0 || unit < 0) continue;
      days[day]!.units.push(unit);
      days[day]!.clicks.push(piece.clicks[row]!);
    }
  }
  const size = segments.length;
  return {
    label,
    clicks: new Float64Array(size),
    slates: new Float64Array(size),
    segments: Int32Array.from(segments),
    days,
  };
}

/** Adds one day, or the first `count` days, to the totals. */
function addDay({ days, clicks, slates }: ArmUsers, day: number): void {
  const { units, clicks: own } = days[day]!;
  for (const [i, unit] of units.entries()) {
    slates[unit]! += 1;
    clicks[unit]! += own[i]!;
  }
}

function addDays(users: ArmUsers, count: number): void {
  for (let day = 0; day < count; day++) addDay(users, day);
}

/** Units that have seen a slate. */
function seen({ slates }: ArmUsers): number[] {
  return [...slates.keys()].filter((unit) => slates[unit]! > 0);
}

function sampleOf(users: ArmUsers): RatioSample {
  const units = seen(users);
  return {
    numerators: Float64Array.from(units, (unit) => users.clicks[unit]!),
    denominators: Float64Array.from(units, (unit) => users.slates[unit]!),
  };
}

const copy = (users: ArmUsers): ArmUsers => ({ ...users, clicks: users.clicks.slice(), slates: users.slates.slice() });

/**
 * The mixing variance from what is known before the start: the spread of clicks per slate over users in the control's
 * warm-up, and the number of users planned for each arm. Null without clicks.
 */
function plannedMixing(pieces: readonly Piece[], arms: number, { warmup }: Settings, alpha: number): number | null {
  const clicks: number[] = [];
  const owners: number[] = [];
  for (const [world, piece] of pieces.entries()) {
    for (let row = 0; row < piece.day.length && piece.day[row]! < warmup.days; row++) {
      clicks.push(piece.clicks[row]!);
      owners.push(piece.user[row]! * pieces.length + world);
    }
  }
  if (new Set(owners).size < 2) return null;
  const sums = new Map<number, [number, number]>();
  for (const [i, owner] of owners.entries()) {
    const [top, bottom] = sums.get(owner) ?? [0, 0];
    sums.set(owner, [top + clicks[i]!, bottom + 1]);
  }
  const numerators = Float64Array.from(sums.values(), ([top]) => top);
  const denominators = Float64Array.from(sums.values(), ([, bottom]) => bottom);
  const { unitVariance } = ratioEstimate({ numerators, denominators });
  if (unitVariance === 0) return null;
  const planned = pieces.reduce((sum, { users }) => sum + users, 0) / arms;
  return mixingVariance(Math.sqrt((2 * unitVariance) / planned), alpha);
}

/** Intervals and p-values of an arm after each day, corrected for the number of arms compared with the control. */
function pathOf(
  base: ArmUsers,
  arm: ArmUsers,
  mixing: number,
  { compared, days, alpha }: { readonly compared: number; readonly days: number; readonly alpha: number },
): Reading["path"] {
  const [control, treatment] = [copy(base), copy(arm)];
  const path: Reading["path"][number][] = [];
  let look: AlwaysValidLook | undefined;
  for (let day = 0; day < days; day++) {
    addDay(control, day);
    addDay(treatment, day);
    const samples = [sampleOf(control), sampleOf(treatment)] as const;
    if (!samples.every(mayLook)) continue;
    const effect = differenceOfRatios(...samples);
    if (!(effect.standardError > 0)) continue;
    look = alwaysValidLook(effect, { mixingVariance: mixing, alpha: alpha / compared }, look);
    const { difference, low, high, pValue } = look;
    path.push({
      day: day + 1,
      difference,
      low,
      high,
      pValue: Math.min(1, compared * pValue),
      naivePValue: effect.pValue,
    });
  }
  return path;
}

/** The effects and the power at the end, by the code that also reads served experiments. */
function readAtEnd(base: ArmUsers, users: Iterable<ArmUsers>, { alpha, effect }: Settings) {
  const samples = Array.from(users, (own) => ({ arm: own.label, ...sampleOf(own) }));
  const { effects, power } = readMetric(samples, { control: base.label, alpha, effect });
  const byArm = new Map(
    effects.map(({ arm, difference, relative, low, high, pValue, adjustedPValue }) => [
      arm,
      { difference, relative: Number.isNaN(relative) ? null : relative, low, high, pValue, adjustedPValue },
    ]),
  );
  return {
    effects: byArm,
    power: power && { usersPerArm: power.units, detectable: power.detectable, needed: power.needed, effect },
  };
}

/** Effects on each user's own click rate, by segment; those with too few users to tell are left out. */
function segmentsOf(
  base: ArmUsers,
  arm: ArmUsers,
  names: readonly string[],
  alpha: number,
): Pick<Reading, "segments" | "heterogeneityPValue"> {
  const none = { segments: [], heterogeneityPValue: null };
  if (arm === base) return none;
  const momentsIn = (users: ArmUsers, segment: number) =>
    momentsOf(
      seen(users).flatMap((unit) =>
        users.segments[unit] === segment ? [users.clicks[unit]! / users.slates[unit]!] : [],
      ),
    );
  const segments = names
    .map((name, segment) => ({ name, control: momentsIn(base, segment), treatment: momentsIn(arm, segment) }))
    .filter(
      ({ control, treatment }) =>
        Math.min(control.count, treatment.count) >= 20 && control.variance + treatment.variance > 0,
    );
  if (segments.length < 2) return none;
  const effects = segmentEffects(segments, { level: 1 - alpha });
  return {
    segments: effects.segments.map(({ name, units, difference, low, high, adjustedPValue }) => ({
      name,
      users: units,
      difference,
      low,
      high,
      adjustedPValue,
    })),
    heterogeneityPValue: effects.heterogeneity.pValue,
  };
}

function sampleRatioOf(arms: readonly ArmUsers[]): SampleRatioReport | null {
  const counts = arms.map((arm) => ({ arm: arm.label, users: seen(arm).length }));
  try {
    const { pValue, mismatch } = sampleRatioTest(counts.map(({ users }) => users));
    return { counts, pValue, mismatch };
  } catch (error) {
    if (error instanceof PlatformError) return null;
    throw error;
  }
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
