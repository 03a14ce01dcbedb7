import { NONE } from "@sequitur/core";
import { periodOf } from "../season/period.js";

export const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
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

/** Check-ins as the network reads them, each user's together and oldest first. */
export interface CheckIns {
  readonly size: number;
  /** Place index; NONE for what lies outside the catalogue. */
  readonly places: Int32Array;
  /** ms since the epoch, UTC. */
  readonly times: Float64Array;
  /** Local hour of the day, in [0, 24). */
  readonly hours: Float32Array;
  /** Local hour of the week, in [0, 168). */
  readonly weekHours: Uint8Array;
  /** Month of the climate at the place, see `Moment`. */
  readonly months: Uint8Array;
  /** Place of the same user's check-in before, NONE where there is none within `linkHours`. */
  readonly previous: Int32Array;
}

/** The columns above; `latitudes` (N) are the places'. `starts[row]` is 1 where a user's check-ins begin; offsets are minutes east of UTC by row. */
export function checkInsOf(
  items: Int32Array,
  times: Float64Array,
  starts: Uint8Array,
  offsetOf: (row: number) => number,
  { latitudes, linkHours }: { readonly latitudes: Float32Array; readonly linkHours: number },
): CheckIns {
  const size = items.length;
  const places = items.map((item) => (item >= 0 && item < latitudes.length ? item : NONE));
  const [hours, weekHours, months] = [new Float32Array(size), new Uint8Array(size), new Uint8Array(size)];
  const previous = new Int32Array(size).fill(NONE);
  for (let row = 0; row < size; row++) {
    const moment = momentOf(times[row]!, offsetOf(row), latitudes[places[row]!] ?? Number.NaN);
    hours[row] = moment.hour;
    weekHours[row] = moment.weekHour;
    months[row] = moment.month;
    if (starts[row] === 1 || times[row]! - times[row - 1]! > linkHours * HOUR_MS) continue;
    previous[row] = places[row - 1]!;
  }
  return { size, places, times, hours, weekHours, months, previous };
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
