import { MINUTE_MS } from "@sequitur/core";

/** Months in the year's climate are turned by half a year south of the equator. */
const HALF_YEAR = 6;

/**
 * The period of the year of an instant on a clock that many minutes east of UTC, in [0, periods). Of 12, 0 is January;
 * of 4, 0 is December to February. South of the equator (latitude below 0) the year is turned by six months, so that a
 * period means the same weather everywhere; an unknown latitude (NaN) counts as north.
 */
export function periodOf(instant: number, utcOffsetMinutes: number, latitude: number, periods: 12 | 4): number {
  const month = new Date(instant + utcOffsetMinutes * MINUTE_MS).getUTCMonth();
  const climate = latitude < 0 ? (month + HALF_YEAR) % 12 : month;
  return periods === 12 ? climate : Math.floor(((climate + 1) % 12) / 3);
}
