import { HOUR_MS, NONE } from "@sequitur/core";
import type { CheckIns, Sequence } from "../history/check-ins.js";
import type { PlaceFacts } from "../history/places.js";
import { askAt, visitsFrom, VISIT_FEATURES, writeVisitFeatures, type NextTime } from "../history/visit-features.js";
import type { SeenPlaces } from "../history/visit-features.js";

/** Classes of how long ago the last check-in was: see `gapClass`. */
export const GAP_CLASSES = 6;
const GAP_HOURS = [1, 3, 8, 24];

/** What the network reads of B sequences, padded at the end to L tokens; token 0 is the start, token i check-in i. */
export interface Tokens {
  readonly size: number;
  readonly length: number;
  /** (B, L) user index; NONE for nobody known. */
  readonly users: Int32Array;
  /** (B, L) place; NONE at the start and at padding. */
  readonly places: Int32Array;
  /** (B, L) category in [0, C); C at the start, C + 1 when unknown, NONE at padding. */
  readonly categories: Int32Array;
  /** (B, L) local time of day of the check-in in [0, 1); 0 at the start. */
  readonly dayTimes: Float32Array;
  /** (B, L) period of the year at the reference moment; NONE at padding. */
  readonly periods: Int32Array;
  /** (B, L) local time of day of the next check-in, in [0, 1), and its hour of the week; only when it is given. */
  readonly nextDayTimes: Float32Array;
  readonly nextWeekHours: Int32Array;
}

/** What one question asks, M of them. */
export interface Asks {
  /** (M) its token in (B L). */
  readonly tokens: Int32Array;
  /** (M) last place, NONE when nothing is known. */
  readonly lastPlaces: Int32Array;
  /** (M) ms since the last check-in; 0 when the next instant is not known. */
  readonly gaps: Float64Array;
  /** (M) in [0, GAP_CLASSES). */
  readonly gapClasses: Uint8Array;
  /** (M + 1) the past visits of question m are visitOffsets[m] .. visitOffsets[m + 1]. */
  readonly visitOffsets: Int32Array;
  /** (V) */
  readonly visitPlaces: Int32Array;
  /** (V, VISIT_FEATURES) */
  readonly visitFeatures: Float32Array;
}

/** What came next, for training; all (M). */
export interface Answers {
  readonly places: Int32Array;
  /** Local time of day in [0, 1). */
  readonly dayTimes: Float32Array;
  /** In [0, C + 1]. */
  readonly categories: Int32Array;
}

export interface EncodeOptions {
  readonly facts: PlaceFacts;
  readonly nextTime: NextTime;
  /** Past visits that a question looks at; 0: none. */
  readonly visits: number;
  /** Periods of the year. */
  readonly periods: 12 | 4;
  readonly seen: SeenPlaces;
}

/** The period that a month (0 = January) lies in; of 4, December to February is 0. */
export function periodIn(month: number, periods: 12 | 4): number {
  return periods === 12 ? month : Math.floor(((month + 1) % 12) / 3);
}

/** The tokens of sequences; the longest has L - 1 check-ins. */
export function encodeTokens(checkIns: CheckIns, sequences: readonly Sequence[], options: EncodeOptions): Tokens {
  const { facts, nextTime, periods } = options;
  const size = sequences.length;
  const length = 1 + sequences.reduce((most, { from, to }) => Math.max(most, to - from), 0);
  const tokens = {
    size,
    length,
    users: new Int32Array(size * length).fill(NONE),
    places: new Int32Array(size * length).fill(NONE),
    categories: new Int32Array(size * length).fill(NONE),
    dayTimes: new Float32Array(size * length),
    periods: new Int32Array(size * length).fill(NONE),
    nextDayTimes: new Float32Array(size * length),
    nextWeekHours: new Int32Array(size * length).fill(NONE),
  };
  sequences.forEach((sequence, b) => {
    for (let at = 0; at <= sequence.to - sequence.from; at++) {
      const token = b * length + at;
      const row = sequence.from + at - 1;
      const place = at === 0 ? NONE : checkIns.places[row]!;
      const ask = askAt(checkIns, sequence, at, nextTime);
      tokens.users[token] = sequence.user;
      tokens.places[token] = place;
      tokens.categories[token] = at === 0 ? facts.categoryCount : categoryIndex(facts, place);
      tokens.dayTimes[token] = at === 0 ? 0 : checkIns.hours[row]! / 24;
      tokens.periods[token] = periodIn(ask.month, periods);
      tokens.nextDayTimes[token] = ask.hour / 24;
      tokens.nextWeekHours[token] = ask.weekHour;
    }
  });
  return tokens;
}

/** The questions at the given moments of each sequence. */
export function encodeAsks(
  checkIns: CheckIns,
  sequences: readonly Sequence[],
  momentsFrom: (sequence: Sequence) => number,
  length: number,
  options: EncodeOptions,
): Asks {
  const { facts, nextTime, visits, seen } = options;
  const asked = sequences.flatMap((sequence, b) => {
    const moments = [];
    for (let at = momentsFrom(sequence); at <= sequence.to - sequence.from; at++) {
      const ask = askAt(checkIns, sequence, at, nextTime);
      moments.push({ ask, token: b * length + at, from: visitsFrom(ask, visits) });
    }
    return moments;
  });
  const visitOffsets = new Int32Array(asked.length + 1);
  asked.forEach(({ ask, from }, m) => (visitOffsets[m + 1] = visitOffsets[m]! + ask.end - from));
  const total = visitOffsets.at(-1)!;
  const visitPlaces = new Int32Array(total);
  const visitFeatures = new Float32Array(total * VISIT_FEATURES);
  asked.forEach(({ ask, from }, m) => {
    visitPlaces.set(checkIns.places.subarray(from, ask.end), visitOffsets[m]);
    writeVisitFeatures(visitFeatures, visitOffsets[m]! * VISIT_FEATURES, checkIns, ask, from, facts, seen);
  });
  return {
    tokens: Int32Array.from(asked, ({ token }) => token),
    lastPlaces: Int32Array.from(asked, ({ ask }) => ask.last),
    gaps: Float64Array.from(asked, ({ ask }) => ask.gapMs),
    gapClasses: Uint8Array.from(asked, ({ ask }) => gapClass(ask.last, ask.gapMs, ask.fresh)),
    visitOffsets,
    visitPlaces,
    visitFeatures,
  };
}

/** 0: no last place; 1 .. 4: less than 1, 3, 8, 24 hours ago; 5: longer ago. */
export function gapClass(last: number, gapMs: number, fresh: number): number {
  if (last === NONE) return 0;
  if (fresh === 0) return GAP_CLASSES - 1;
  const at = GAP_HOURS.findIndex((hours) => gapMs < hours * HOUR_MS);
  return at === -1 ? GAP_CLASSES - 1 : at + 1;
}

/** The row of a place in the category table: C + 1 when its category is unknown. */
export function categoryIndex({ categories, categoryCount }: PlaceFacts, place: number): number {
  const category = place === NONE ? NONE : categories[place]!;
  return category === NONE ? categoryCount + 1 : category;
}
