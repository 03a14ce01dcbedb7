import { HOUR_MS, DAY_MS, NONE } from "@sequitur/core";
import { momentAt, type CheckIns, type Sequence } from "./check-ins.js";
import { kmBetween, type PlaceFacts } from "./places.js";

/** Numbers that describe one past visit to somebody who asks where the user goes next. */
export const VISIT_FEATURES = 32;
const DAY_ANGLE = Math.PI / 12;

/** Whether the instant of the next check-in is known when asking, or only that of the last one. */
export type NextTime = "given" | "predicted";

/** What is known when asking for the check-in after row `end - 1`. */
export interface Ask {
  /** Rows first .. end are the user's past. */
  readonly first: number;
  readonly end: number;
  /** First row of the current trajectory; `end` when it has not begun. */
  readonly trajectoryFrom: number;
  /** Reference instant and its clock: the next check-in's when given, else the last one's. */
  readonly time: number;
  readonly hour: number;
  readonly weekHour: number;
  readonly month: number;
  /** The last place, NONE when nothing is known. */
  readonly last: number;
  /** ms since the last check-in; 0 when the next instant is not known. */
  readonly gapMs: number;
  /** In [0, 1]: how much the last place still matters, exp(-gap / 3 h); 0 without one. */
  readonly fresh: number;
}

/** The question at moment `at` of a sequence: after `at` of its check-ins. */
export function askAt(checkIns: CheckIns, sequence: Sequence, at: number, nextTime: NextTime): Ask {
  const end = sequence.from + at;
  const known = end > sequence.first;
  const isLast = end === sequence.to;
  const reference = nextTime === "given" ? (isLast ? NONE : end) : known ? end - 1 : NONE;
  const own = nextTime === "given" && isLast;
  const clock = own
    ? sequence.clock
    : reference === NONE
      ? { hour: 0, weekHour: 0, month: 0 }
      : momentAt(nextTime === "given" ? checkIns.asked : checkIns, reference);
  const time = own ? sequence.now : reference === NONE ? 0 : checkIns.times[reference]!;
  const gapMs = known ? Math.max(0, time - checkIns.times[end - 1]!) : 0;
  // Without the next instant all that is known is whether the trajectory goes on.
  const fresh = !known ? 0 : nextTime === "given" ? Math.exp(-gapMs / (3 * HOUR_MS)) : at > 0 ? 1 : 0;
  return {
    first: sequence.first,
    end,
    trajectoryFrom: sequence.from,
    time,
    ...clock,
    last: known ? checkIns.places[end - 1]! : NONE,
    gapMs,
    fresh,
  };
}

/** Marks which places were met already while visits are read newest first; reused from ask to ask. */
export class SeenPlaces {
  private readonly stamps: Int32Array;
  private stamp = 0;

  constructor(size: number) {
    this.stamps = new Int32Array(size);
  }

  next(): void {
    this.stamp += 1;
  }

  /** Whether this is the first time since `next`. */
  isNew(place: number): boolean {
    if (this.stamps[place] === this.stamp) return false;
    this.stamps[place] = this.stamp;
    return true;
  }
}

/** First row of the newest `most` visits before an ask. */
export function visitsFrom(ask: Ask, most: number): number {
  return Math.max(ask.first, ask.end - most);
}

/** What is the same for all visits of one question. */
interface AskNumbers {
  readonly ask: Ask;
  readonly last: number;
  readonly lastCategory: number;
  /** Place before the last one, NONE when unknown. */
  readonly beforeLast: number;
  readonly weekday: number;
  readonly weekend: boolean;
  /** Gap, hour (cosine, sine), weekend, number of visits. */
  readonly own: readonly [number, number, number, number, number];
}

function askNumbers(checkIns: CheckIns, ask: Ask, from: number, facts: PlaceFacts): AskNumbers {
  const { last, hour, weekHour } = ask;
  const angle = hour * DAY_ANGLE;
  const weekend = isWeekend(weekHour);
  return {
    ask,
    last,
    lastCategory: last === NONE ? NONE : facts.categories[last]!,
    beforeLast: last !== NONE && ask.end - 1 > ask.first ? checkIns.previous[ask.end - 1]! : NONE,
    weekday: Math.floor(weekHour / 24),
    weekend,
    own: [
      Math.log1p(ask.gapMs / HOUR_MS) / 4,
      Math.cos(angle),
      Math.sin(angle),
      weekend ? 1 : 0,
      Math.log1p(ask.end - from) / 5,
    ],
  };
}

/**
 * Writes the features of the visits in rows `from` .. ask.end, oldest first, into out (visits, VISIT_FEATURES) from
 * element `at` on. Rows of places outside the catalogue are described like any other; their visits are to be dropped.
 */
export function writeVisitFeatures(
  out: Float32Array,
  at: number,
  checkIns: CheckIns,
  ask: Ask,
  from: number,
  facts: PlaceFacts,
  seen: SeenPlaces,
): void {
  const numbers = askNumbers(checkIns, ask, from, facts);
  seen.next();
  for (let row = ask.end - 1; row >= from; row--) {
    const base = at + (row - from) * VISIT_FEATURES;
    writeTimes(out, base, checkIns, row, numbers);
    writePlaces(out, base + 13, checkIns, row, numbers, facts);
    const place = checkIns.places[row]!;
    out[base + 24] = ask.fresh;
    for (let i = 0; i < 5; i++) out[base + 25 + i] = numbers.own[i]!;
    out[base + 30] = place === NONE ? 0 : Math.log1p(facts.visits[place]!) / 5;
    out[base + 31] = place !== NONE && seen.isNew(place) ? 1 : 0;
  }
}

/** 13 numbers: how long ago, how alike the clocks, the weekdays and the seasons, and whether in this trajectory. */
function writeTimes(out: Float32Array, base: number, checkIns: CheckIns, row: number, numbers: AskNumbers): void {
  const { times, hours, weekHours, months } = checkIns;
  const { ask, weekday, weekend } = numbers;
  const days = Math.max(0, ask.time - times[row]!) / DAY_MS;
  const difference = Math.abs(ask.hour - hours[row]!);
  const apart = Math.min(difference, 24 - difference); // hours
  const angle = (ask.hour - hours[row]!) * DAY_ANGLE;
  out[base] = Math.log1p(days) / 3;
  out[base + 1] = Math.exp(-days / 3);
  out[base + 2] = Math.exp(-days / 14);
  out[base + 3] = Math.exp(-days / 60);
  out[base + 4] = Math.log1p(ask.end - 1 - row) / 4;
  out[base + 5] = Math.exp(-(apart * apart) / 1.125);
  out[base + 6] = Math.exp(-(apart * apart) / 12.5);
  out[base + 7] = Math.cos(angle);
  out[base + 8] = Math.sin(angle);
  out[base + 9] = Math.floor(weekHours[row]! / 24) === weekday ? 1 : 0;
  out[base + 10] = isWeekend(weekHours[row]!) === weekend ? 1 : 0;
  out[base + 11] = Math.cos(((ask.month - months[row]!) * Math.PI) / 6);
  out[base + 12] = row >= ask.trajectoryFrom ? 1 : 0;
}

/** 11 numbers: the same step as then, the same place or kind as the last, how near to it; and each while it is fresh. */
function writePlaces(
  out: Float32Array,
  base: number,
  { places, previous }: CheckIns,
  row: number,
  { ask, last, lastCategory, beforeLast }: AskNumbers,
  facts: PlaceFacts,
): void {
  const { fresh } = ask;
  const place = places[row]!;
  const follows = last !== NONE && previous[row] === last ? 1 : 0;
  const followsBoth = follows === 1 && beforeLast !== NONE && row > ask.first && previous[row - 1] === beforeLast;
  const same = place === last ? 1 : 0;
  const sameKind = lastCategory !== NONE && place !== NONE && facts.categories[place] === lastCategory ? 1 : 0;
  const km = kmBetween(facts.vectors, last, place);
  const [near, around] = Number.isNaN(km) ? [0, 0] : [Math.exp(-km / 0.5), Math.exp(-km / 3)];
  out[base] = follows;
  out[base + 1] = follows * fresh;
  out[base + 2] = followsBoth ? 1 : 0;
  out[base + 3] = same;
  out[base + 4] = same * fresh;
  out[base + 5] = near;
  out[base + 6] = around;
  out[base + 7] = near * fresh;
  out[base + 8] = around * fresh;
  out[base + 9] = sameKind;
  out[base + 10] = sameKind * fresh;
}

/** From Friday 17:00 to Sunday 24:00. */
function isWeekend(weekHour: number): boolean {
  return weekHour >= 113;
}
