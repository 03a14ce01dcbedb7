import { MINUTE_MS, HOUR_MS, NONE } from "@sequitur/core";
import { periodOf } from "../season/period.js";

const WEEK_HOURS = 168;
/** 1970-01-01 was a Thursday: three days after a Monday. */
const THURSDAY_HOURS = 72;

/** A moment on the user's clock. */
export interface Moment {
  /** Hour of the day with its fraction, in [0, 24). */
  readonly hour: number;
  /** Hour of the week, in [0, 168); Monday 00:00 is 0. */
  readonly weekHour: number;
  /** Month of the climate: 0 = January, south of the equator July. */
  readonly month: number;
}

/** An instant (ms, UTC) on a clock so many minutes east of UTC, at a latitude (NaN: unknown, counts as north). */
export function momentOf(time: number, offsetMinutes: number, latitude: number): Moment {
  const wall = time + offsetMinutes * MINUTE_MS;
  const hours = wall / HOUR_MS;
  const wrapped = (value: number, size: number): number => value - size * Math.floor(value / size);
  return {
    hour: Math.min(wrapped(hours, 24), 23.999_999),
    weekHour: Math.floor(wrapped(Math.floor(hours) + THURSDAY_HOURS, WEEK_HOURS)),
    month: periodOf(time, offsetMinutes, latitude, 12),
  };
}

/** The columns of `Moment`. */
export interface Moments {
  readonly hours: Float32Array;
  readonly weekHours: Uint8Array;
  readonly months: Uint8Array;
}

/** Check-ins as the network reads them, each user's together and oldest first; their moments are those at their places. */
export interface CheckIns extends Moments {
  readonly size: number;
  /** Place index; NONE for what lies outside the catalogue. */
  readonly places: Int32Array;
  /** ms since the epoch, UTC. */
  readonly times: Float64Array;
  /** The same instants to somebody who asks then where the user goes: on the clock and in the climate of the place before. */
  readonly asked: Moments;
  /** Place of the same user's check-in before, NONE where there is none within `linkHours`. */
  readonly previous: Int32Array;
}

/** Minutes east of UTC on the user's clock at a row, were the user at a place (NONE: nobody knows where). */
export type OffsetOf = (row: number, place: number) => number;

/** The columns above; `latitudes` (N) are the places'. `starts[row]` is 1 where a user's check-ins begin. */
export function checkInsOf(
  items: Int32Array,
  times: Float64Array,
  starts: Uint8Array,
  offsetOf: OffsetOf,
  { latitudes, linkHours }: { readonly latitudes: Float32Array; readonly linkHours: number },
): CheckIns {
  const size = items.length;
  const places = items.map((item) => (item >= 0 && item < latitudes.length ? item : NONE));
  const before = places.map((_, row) => (starts[row] === 1 ? NONE : (places[row - 1] ?? NONE)));
  const momentsAt = (where: Int32Array): Moments =>
    momentsOf(size, (row) => {
      const place = where[row]!;
      return momentOf(times[row]!, offsetOf(row, place), latitudes[place] ?? Number.NaN);
    });
  const isLinked = (row: number): boolean => row > 0 && times[row]! - times[row - 1]! <= linkHours * HOUR_MS;
  const previous = before.map((place, row) => (isLinked(row) ? place : NONE));
  return { size, places, times, ...momentsAt(places), asked: momentsAt(before), previous };
}

function momentsOf(size: number, ofRow: (row: number) => Moment): Moments {
  const moments = { hours: new Float32Array(size), weekHours: new Uint8Array(size), months: new Uint8Array(size) };
  for (let row = 0; row < size; row++) {
    const { hour, weekHour, month } = ofRow(row);
    moments.hours[row] = hour;
    moments.weekHours[row] = weekHour;
    moments.months[row] = month;
  }
  return moments;
}

/** The moment of a row. */
export function momentAt({ hours, weekHours, months }: Moments, row: number): Moment {
  return { hour: hours[row]!, weekHour: weekHours[row]!, month: months[row]! };
}

/** One run of check-ins to be read, and the moments at which the next one is asked for. */
export interface Sequence {
  /** User index, NONE for nobody known. */
  readonly user: number;
  /** First row of the user's known past. */
  readonly first: number;
  /** Rows from .. to are read; the moments asked are before each of them and after the last: to - from + 1. */
  readonly from: number;
  readonly to: number;
  /** The instant and clock of the last moment asked; earlier ones are the times of the rows. */
  readonly now: number;
  readonly clock: Moment;
  /** Moments asked before this one are not counted: 1 where an earlier window has counted the first. */
  readonly countFrom: number;
}
