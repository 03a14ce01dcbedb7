import { DateTime } from "luxon";
import { zoneOffsetMinutes } from "../../local-time/time-zone.js";

const ISO =
  /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$/;
/** The form of C's asctime with an offset, as in "Tue Apr 03 18:00:09 +0000 2012". */
const CTIME = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{1,2}) (\d{2}):(\d{2}):(\d{2}) ([+-]\d{4}) (\d{4})$/;
/** Mail and web servers write "Wed, 20 Dec 2023 16:17:19 GMT"; the compact ISO form is "20231220T161719Z". */
const OTHER_STANDARD = /^(?:[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} |\d{8}T\d{4}|\d{4}-W\d\d-\d|\d{4}-\d{3}T)/;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** From a wall clock, given in ms as if it were UTC, to ms since the epoch. */
export type ToUtc = (clockMs: number) => number;

export const UTC: ToUtc = (clockMs) => clockMs;

/** The clock of an IANA zone; an hour that summer time skips is read as if it had not been skipped. */
export function zoneToUtc(zone: string): ToUtc {
  if (zone === "UTC") return UTC;
  return (clockMs) => {
    const near = clockMs - zoneOffsetMinutes(zone, clockMs) * 60_000;
    return clockMs - zoneOffsetMinutes(zone, near) * 60_000;
  };
}

/** Ms since the epoch of a date in a standard form (ISO 8601, ctime, mail); NaN for others. `toUtc` is for dates without a zone. */
export function parseDate(text: string, toUtc: ToUtc = UTC): number {
  const iso = ISO.exec(text);
  if (iso !== null) {
    const [, year, , month, day, hour = "0", minute = "0", second = "0", fraction = "", zone] = iso;
    const clock = clockTime(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
    const exact = clock + Number(`0.${fraction || "0"}`) * 1000;
    return zone === undefined ? toUtc(exact) : exact - offsetMs(zone);
  }
  const ctime = CTIME.exec(text);
  if (ctime !== null) {
    const [, month = "", day, hour, minute, second, zone = "", year] = ctime;
    const at = MONTHS.indexOf(month);
    return clockTime(Number(year), at, Number(day), Number(hour), Number(minute), Number(second)) - offsetMs(zone);
  }
  return OTHER_STANDARD.test(text) ? otherStandard(text, toUtc) : Number.NaN;
}

function otherStandard(text: string, toUtc: ToUtc): number {
  const hasZone = /(?:Z|GMT|UTC|[+-]\d\d:?\d\d)$/.test(text);
  const options = { zone: "utc", locale: "en-US" };
  const read = /^[A-Z]/.test(text) ? DateTime.fromRFC2822(text, options) : DateTime.fromISO(text, options);
  return hasZone ? read.toMillis() : toUtc(read.toMillis());
}

/** Date.UTC, but NaN for 30 February or 25 o'clock instead of rolling over. */
export function clockTime(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): number {
  const time = Date.UTC(year, month, day, hour, minute, second);
  const date = new Date(time);
  const kept = date.getUTCMonth() === month && date.getUTCDate() === day && date.getUTCHours() === hour;
  return kept && minute < 60 && second < 60 ? time : Number.NaN;
}

function offsetMs(zone: string): number {
  if (!/^[+-]/.test(zone)) return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (zone.startsWith("-") ? -minutes : minutes) * 60_000;
}
