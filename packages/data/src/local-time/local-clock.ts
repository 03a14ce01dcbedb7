import { MINUTE_MS, DAY_MS, WEEK_MS } from "@sequitur/core";
import { zoneOffsetMinutes } from "./time-zone.js";

/** Half-hour slots of a local week, Monday 00:00 first. */
export const SLOTS_PER_WEEK = 336;
export const SLOTS_PER_DAY = 48;
/** Slots of a local week in each of the 12 months: the resolution of every table by local time. */
export const SLOTS_PER_YEAR = 12 * SLOTS_PER_WEEK;

const SLOT_MS = 30 * MINUTE_MS;

/** The clocks of one time zone over one period. Instants are ms since the epoch, UTC. */
export interface LocalClock {
  readonly timeZone: string;
  /** Minutes east of UTC. */
  offsetMinutes(instant: number): number;
  /** The half hour of the local week, in [0, 336); Monday 00:00 is 0. */
  slotOfWeek(instant: number): number;
  /** The local month, 0 = January. */
  month(instant: number): number;
  /** The instant at which local clocks show this wall time (ms as if it were UTC). */
  instantOf(wallMs: number): number;
}

/** The half hour of the week, in [0, 336), of a wall time (ms as if it were UTC); Monday 00:00 is 0. */
export function slotOfWeek(wallMs: number): number {
  // 1970-01-01 was a Thursday: three days after a Monday. Whole half hours keep the remainder an integer one.
  const slot = ((Math.floor(wallMs / SLOT_MS) + 3 * SLOTS_PER_DAY) | 0) % SLOTS_PER_WEEK;
  return slot < 0 ? slot + SLOTS_PER_WEEK : slot;
}

/** Position in an opening table, month x 336 + slot of the week, of an instant on a clock that many minutes east of UTC. */
export function slotOfYear(instant: number, offsetMinutes: number): number {
  const wall = instant + offsetMinutes * MINUTE_MS;
  return new Date(wall).getUTCMonth() * SLOTS_PER_WEEK + slotOfWeek(wall);
}

/** Reads the zone's rules once; before `from` and after `to` the nearest known offset holds. */
export function localClock(timeZone: string, from: number, to: number): LocalClock {
  const { starts, offsets } = offsetPeriods(timeZone, from, to);
  // Calls come in runs of near instants, so the search starts at the period of the last one.
  let period = 0;
  const offsetMinutes = (instant: number): number => {
    while (instant < starts[period]!) period--;
    while (period + 1 < starts.length && instant >= starts[period + 1]!) period++;
    return offsets[period]!;
  };
  const monthStarts = monthTable(from - WEEK_MS, to + WEEK_MS);
  return {
    timeZone,
    offsetMinutes,
    slotOfWeek: (instant) => slotOfWeek(instant + offsetMinutes(instant) * MINUTE_MS),
    month(instant) {
      const wall = instant + offsetMinutes(instant) * MINUTE_MS;
      const days = Math.floor(wall / DAY_MS) - monthStarts.firstDay;
      const known = monthStarts.months[days];
      return known ?? new Date(wall).getUTCMonth();
    },
    instantOf(wallMs) {
      const guess = wallMs - offsetMinutes(wallMs) * MINUTE_MS;
      return wallMs - offsetMinutes(guess) * MINUTE_MS;
    },
  };
}

/** The month of every day in a range, so that a lookup makes no Date. */
function monthTable(from: number, to: number): { firstDay: number; months: Uint8Array } {
  const firstDay = Math.floor(from / DAY_MS);
  const months = new Uint8Array(Math.max(0, Math.ceil(to / DAY_MS) - firstDay));
  for (let day = 0; day < months.length; day++) months[day] = new Date((firstDay + day) * DAY_MS).getUTCMonth();
  return { firstDay, months };
}

/** Offsets and the instants from which each holds; weekly probes suffice, zones change far less often. */
function offsetPeriods(timeZone: string, from: number, to: number): { starts: number[]; offsets: number[] } {
  const offsetAt = (instant: number): number => zoneOffsetMinutes(timeZone, instant);
  const starts = [Number.NEGATIVE_INFINITY];
  const offsets = [offsetAt(from)];
  for (let probe = from; probe < to; probe += WEEK_MS) {
    const next = offsetAt(probe + WEEK_MS);
    if (next === offsets.at(-1)) continue;
    let low = probe;
    let high = probe + WEEK_MS;
    while (high - low > MINUTE_MS) {
      const middle = low + Math.floor((high - low) / 2 / MINUTE_MS) * MINUTE_MS;
      if (offsetAt(middle) === offsets.at(-1)) low = middle;
      else high = middle;
    }
    starts.push(high);
    offsets.push(next);
  }
  return { starts, offsets };
}
