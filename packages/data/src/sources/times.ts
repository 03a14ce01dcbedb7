import { badField, type Row } from "./row.js";

/** How a time is written; "auto" decides at the first row and keeps to it. */
export type TimeUnit = "s" | "ms" | "iso" | "auto";

/** Ms since the epoch of a field. */
export type TimeReader = (row: Row, field: number) => number;

/** Seconds up to here reach the year 5138; as ms it is 1973, before any log of ours. */
const LARGEST_SECONDS = 1e11;
/** Later instants are refused: they are microseconds, or ms in a column of seconds. */
const LARGEST_MS = LARGEST_SECONDS * 1000;

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$/;
/** The form of C's asctime with an offset, as in "Tue Apr 03 18:00:09 +0000 2012". */
const CTIME = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{1,2}) (\d{2}):(\d{2}):(\d{2}) ([+-]\d{4}) (\d{4})$/;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A reader for one column; `column` names it in messages. A date without a zone is UTC. */
export function timeReader(unit: TimeUnit, column: string): TimeReader {
  let decided: TimeReader | undefined = unit === "auto" ? undefined : readerOf(unit, column);
  return (row, field) => {
    decided ??= readerOf(detectUnit(row.text(field)), column);
    return decided(row, field);
  };
}

/** The unit of a value such as "881250949", "1318896000000" or "2011-10-18". */
export function detectUnit(text: string): Exclude<TimeUnit, "auto"> {
  if (text.trim() === "" || Number.isNaN(Number(text))) return "iso";
  return Math.abs(Number(text)) < LARGEST_SECONDS ? "s" : "ms";
}

function readerOf(unit: Exclude<TimeUnit, "auto">, column: string): TimeReader {
  if (unit === "iso") {
    return (row, field) => {
      const text = row.text(field);
      const time = parseDate(text);
      if (Number.isNaN(time)) throw badField(row, column, "a date such as 2012-04-03T18:00:09Z", text);
      return time;
    };
  }
  const scale = unit === "s" ? 1000 : 1;
  return (row, field) => {
    if (row.isEmpty(field)) throw badField(row, column, `a time in ${unit}`, "");
    const time = row.number(field) * scale;
    if (Math.abs(time) > LARGEST_MS) throw badField(row, column, `a time in ${unit} before 5138`, row.text(field));
    return time;
  };
}

/** Ms since the epoch of an ISO 8601 date (date only, or with time, fraction and zone) or a ctime one; NaN otherwise. */
export function parseDate(text: string): number {
  const iso = ISO.exec(text);
  if (iso !== null) {
    const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", zone = "Z"] = iso;
    const clock = utc(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
    return clock + Number(`0.${fraction || "0"}`) * 1000 - zoneMs(zone);
  }
  const ctime = CTIME.exec(text);
  if (ctime === null) return Number.NaN;
  const [, month = "", day, hour, minute, second, zone = "", year] = ctime;
  const clock = utc(Number(year), MONTHS.indexOf(month), Number(day), Number(hour), Number(minute), Number(second));
  return clock - zoneMs(zone);
}

/** Date.UTC, but NaN for 30 February or 25 o'clock instead of rolling over. */
function utc(year: number, month: number, day: number, hour: number, minute: number, second: number): number {
  const time = Date.UTC(year, month, day, hour, minute, second);
  const date = new Date(time);
  const kept = date.getUTCMonth() === month && date.getUTCDate() === day && date.getUTCHours() === hour;
  return kept && minute < 60 && second < 60 ? time : Number.NaN;
}

function zoneMs(zone: string): number {
  if (!/^[+-]/.test(zone)) return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (zone.startsWith("-") ? -minutes : minutes) * 60_000;
}
