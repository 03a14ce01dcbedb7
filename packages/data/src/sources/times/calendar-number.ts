import { clockTime } from "./dates.js";

/** Digits of yyyy, yyyyMM, yyyyMMdd, yyyyMMddHH, ...mm, ...ss and ...SSS. */
const LENGTHS: Readonly<Record<number, string>> = {
  4: "yyyy",
  6: "yyyyMM",
  8: "yyyyMMdd",
  10: "yyyyMMddHH",
  12: "yyyyMMddHHmm",
  14: "yyyyMMddHHmmss",
  17: "yyyyMMddHHmmssSSS",
};

/**
 * The clock time of digits such as 20231220 or 20231220161719 (ms, as if UTC), also when they are written as a
 * floating-point number, 20231220.0; NaN when they are none of 1900 to 2100.
 */
export function calendarTime(text: string): number {
  const digits = text.replace(/\.0+$/, "");
  if (!/^\d+$/.test(digits) || !Object.hasOwn(LENGTHS, digits.length)) return Number.NaN;
  const part = (from: number, to: number, absent: number): number =>
    from < digits.length ? Number(digits.slice(from, to)) : absent;
  const year = part(0, 4, 0);
  if (year < 1900 || year > 2100) return Number.NaN;
  const day = clockTime(year, part(4, 6, 1) - 1, part(6, 8, 1), part(8, 10, 0), part(10, 12, 0), part(12, 14, 0));
  return day + part(14, 17, 0);
}

/** The format that the digits seem to have, or undefined. */
export function calendarFormat(digits: string): string | undefined {
  return Number.isNaN(calendarTime(digits)) ? undefined : LENGTHS[digits.replace(/\.0+$/, "").length];
}
