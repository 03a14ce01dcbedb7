import { calendarFormat } from "./calendar-number.js";
import { UTC } from "./dates.js";
import { fittingFormats, writtenFormat } from "./written-format.js";

/** Units of a count since 1970, each with how many are a millisecond. */
export const EPOCH_UNITS = { s: 1e-3, ms: 1, us: 1e3, ns: 1e6 } as const;
export type EpochUnit = keyof typeof EPOCH_UNITS;

/** Instants that a log may have when nobody says otherwise: 1990 up to 2100. The four units never overlap in it. */
export const MODERN_FROM = Date.UTC(1990, 0, 1);
export const MODERN_TO = Date.UTC(2100, 0, 1);

/** Days since the end of 1899 that fall into 1954 to 2119; a spreadsheet counts so. */
const SPREADSHEET_DAYS = [20_000, 80_000] as const;

/** Dates as digits that do not begin with the whole year. */
const DIGIT_FORMATS = ["ddMMyyyy", "MMddyyyy", "yyMMdd", "ddMMyy", "MMddyy"] as const;

function isWritten(text: string, format: string): boolean {
  return !Number.isNaN(writtenFormat(format, UTC)(text));
}

/** The unit in which a count since 1970 falls into 1990 to 2100, or undefined. */
export function modernUnit(value: number): EpochUnit | undefined {
  const units = Object.keys(EPOCH_UNITS) as EpochUnit[];
  return units.find((unit) => {
    const time = value / EPOCH_UNITS[unit];
    return time >= MODERN_FROM && time < MODERN_TO;
  });
}

/** Whether a number is written with an exponent and too few digits to be exact, as spreadsheets write 1.70E+09. */
export function lostDigits(text: string): boolean {
  const match = /^\s*[+-]?(\d+)(?:[.,](\d*))?e\+?(\d+)\s*$/i.exec(text);
  return match !== null && (match[2] ?? "").length < Number(match[3]);
}

/** What a text that is no plausible time seems to be, and what to say about it; `name` is its column. */
export function timeAdvice(text: string, name: string): string {
  const trimmed = text.trim();
  if (trimmed === "") return "the time is missing";
  return Number.isNaN(Number(trimmed)) ? writtenAdvice(trimmed) : numberAdvice(trimmed, name);
}

function numberAdvice(text: string, name: string): string {
  const value = Number(text);
  if (lostDigits(text))
    return "digits were lost to scientific notation: export the column as a whole number or as text";
  if (value === 0 || value === -1) return "0 and -1 usually stand for an unknown time: --skip-bad leaves such rows out";
  const format = calendarFormat(text);
  if (format === "yyyy") {
    return `it looks like a year, which orders nothing within it: time=${name}:calendar takes 1 January, order=${name} takes it as an order`;
  }
  if (format !== undefined) {
    return `it looks like a calendar number, ${format}: say time=${name}:calendar, or time=${name}:s for seconds since 1970`;
  }
  if (modernUnit(value) !== undefined) return "the rows before are dates: a column must keep to one form";
  const digits = DIGIT_FORMATS.filter((candidate) => candidate.length === text.length && isWritten(text, candidate));
  if (digits.length > 0) {
    return `it may be a date written as digits: ${digits.map((known) => `--time-format ${known}`).join(" or ")}`;
  }
  const [from, to] = SPREADSHEET_DAYS;
  if (value >= from && value < to) {
    return `it looks like a spreadsheet's count of days: say time=${name}:excel, or time=${name}:s for seconds since 1970`;
  }
  if (Math.abs(value) < 1e8) {
    return `as seconds since 1970 it would lie in the 1970s: if it only gives an order, say order=${name} in place of time; if it is right, say time=${name}:s`;
  }
  return `as a count since 1970 it lies in 1990 to 2100 in none of s, ms, us, ns: name the unit, such as time=${name}:s`;
}

function writtenAdvice(text: string): string {
  if (/^\d{1,2}:\d{2}/.test(text)) {
    return "a time of day has no date: join the columns, such as time=date+clock";
  }
  if (/^-?P|days?\b/.test(text)) return "a duration is no instant";
  if (/^0{4}-|^0001-/.test(text)) return "it stands for an unknown time: --skip-bad leaves such rows out";
  const formats = fittingFormats([text]);
  if (formats.length === 0) return 'say how it is written: --time-format, such as "dd.MM.yyyy HH:mm"';
  return `say how it is written: ${formats.map((format) => `--time-format "${format}"`).join(" or ")}`;
}
