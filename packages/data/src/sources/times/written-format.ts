import { PlatformError } from "@sequitur/core";
import { DateTime, type TokenParser } from "luxon";
import type { ToUtc } from "./dates.js";

/** Python's and C's letters in Luxon's words. */
const STRFTIME: Readonly<Record<string, string>> = {
  Y: "yyyy",
  y: "yy",
  m: "M",
  d: "d",
  e: "d",
  H: "H",
  I: "h",
  M: "m",
  S: "s",
  f: "u",
  p: "a",
  b: "LLL",
  h: "LLL",
  B: "LLLL",
  a: "EEE",
  A: "EEEE",
  j: "o",
  z: "ZZZ",
  Z: "z",
  T: "H:m:s",
  R: "H:m",
  F: "yyyy-M-d",
  D: "M/d/yy",
};

/** Formats that people's files use, in the order in which they are proposed. */
const COMMON_FORMATS = [
  "M/d/yyyy H:mm:ss",
  "M/d/yyyy H:mm",
  "M/d/yyyy h:mm:ss a",
  "M/d/yyyy h:mm a",
  "M/d/yyyy",
  "M/d/yy H:mm",
  "M/d/yy",
  "d/M/yyyy H:mm:ss",
  "d/M/yyyy H:mm",
  "d/M/yyyy h:mm:ss a",
  "d/M/yyyy",
  "d/M/yy",
  "d.M.yyyy H:mm:ss",
  "d.M.yyyy H:mm",
  "d.M.yyyy",
  "d-M-yyyy H:mm:ss",
  "d-M-yyyy H:mm",
  "d-M-yyyy",
  "M-d-yyyy H:mm:ss",
  "M-d-yyyy H:mm",
  "M-d-yyyy",
  "d-LLL-yyyy H:mm:ss",
  "d-LLL-yyyy",
  "d-LLL-yy",
  "d LLL yyyy H:mm:ss",
  "d LLL yyyy H:mm",
  "d LLL yyyy",
  "d LLLL yyyy",
  "LLL d, yyyy H:mm:ss",
  "LLL d, yyyy h:mm:ss a",
  "LLL d, yyyy h:mm a",
  "LLL d, yyyy",
  "LLLL d, yyyy",
  "LLL d yyyy h:mma",
  "LLL d yyyy",
  "EEE LLL d HH:mm:ss yyyy",
  "EEEE, LLLL d, yyyy",
  "d/LLL/yyyy:HH:mm:ss ZZZ",
  "yyyy-M-d h:mm:ss a",
  "yyyy/M/d h:mm:ss a",
  "yyyyMMdd H:mm:ss",
  "yyyyMMdd H:mm",
  "yyyy-M-d H:mm:ss z",
  "yyyy年M月d日",
];

/** A Luxon format, from itself or from one with % as in Python. */
export function luxonFormat(format: string): string {
  if (!format.includes("%")) {
    const upper = /Y{2,}|D{2}/.exec(format.replaceAll(/'[^']*'/g, ""));
    if (upper === null) return format;
    throw new PlatformError(
      "bad-config",
      `time format: expected letters such as yyyy-MM-dd HH:mm:ss (or %Y-%m-%d %H:%M:%S), got "${upper[0]}" in "${format}".`,
    );
  }
  return format.replaceAll(/%-?(.)|([A-Za-z]+)/g, (whole, letter: string | undefined, literal: string | undefined) => {
    if (literal !== undefined) return `'${literal}'`;
    if (letter === "%") return "%";
    if (letter !== undefined && Object.hasOwn(STRFTIME, letter)) return STRFTIME[letter]!;
    const known = Object.keys(STRFTIME).map((key) => `%${key}`);
    throw new PlatformError("bad-config", `time format: expected one of ${known.join(" ")}, got ${whole}.`);
  });
}

/** Reads dates of one written format; NaN for what does not fit. */
export function writtenFormat(format: string, toUtc: ToUtc): (text: string) => number {
  const wanted = luxonFormat(format);
  const hasZone = /z|Z/.test(wanted.replaceAll(/'[^']*'/g, ""));
  const parser: TokenParser = DateTime.buildFormatParser(wanted, { locale: "en-US" });
  return (text) => {
    const read = DateTime.fromFormatParser(text.trim(), parser, { zone: "utc", locale: "en-US" });
    if (!read.isValid) return Number.NaN;
    return hasZone ? read.toMillis() : toUtc(read.toMillis());
  };
}

/** The common formats that fit every text; more than one when the texts leave it open, as 01/02/2023 does. */
export function fittingFormats(texts: readonly string[]): string[] {
  if (texts.length === 0) return [];
  // Luxon's yy takes four digits too.
  const hasLongYears = texts.some((text) => /\d{4}/.test(text));
  return COMMON_FORMATS.filter((format) => {
    if (hasLongYears && /(?<!y)yy(?!y)/.test(format)) return false;
    const read = writtenFormat(format, (clockMs) => clockMs);
    return texts.every((text) => !Number.isNaN(read(text)));
  });
}
