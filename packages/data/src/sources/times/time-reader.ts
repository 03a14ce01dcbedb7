import { DAY_MS } from "@sequitur/core";
import { badField, type Row } from "../row.js";
import { calendarTime } from "./calendar-number.js";
import { parseDate, zoneToUtc, type ToUtc } from "./dates.js";
import { EPOCH_UNITS, lostDigits, MODERN_FROM, MODERN_TO, modernUnit, timeAdvice } from "./time-advice.js";
import { writtenFormat } from "./written-format.js";

export const TIME_UNITS = ["auto", "s", "ms", "us", "ns", "iso", "calendar", "excel"] as const;
/** How a time is written; "auto" decides at the first row and keeps to it. */
export type TimeUnit = (typeof TIME_UNITS)[number];

export interface TimeForm {
  readonly unit: TimeUnit;
  /** A written format, such as "M/d/yyyy H:mm"; it replaces the unit. */
  readonly format?: string | undefined;
  /** IANA zone of dates that name none. */
  readonly zone: string;
}

/** Instants this near to 1970 are small counts or "unknown", not dates of a log. */
const NEAR_ZERO_MS = 366 * DAY_MS;
/** Beyond it a number is in another unit than was said: the year 5138. */
const LARGEST_MS = 1e14;
const OLDEST_MS = Date.UTC(1700, 0, 1);
const NEWEST_MS = Date.UTC(2500, 0, 1);
/** Days from 1899-12-30, where spreadsheets begin, to 1970. */
const SPREADSHEET_EPOCH_DAYS = 25_569;
/** Dates that spreadsheets and databases put where none is known. */
const EMPTY_DATES: ReadonlySet<number> = new Set([
  Date.UTC(1900, 0, 1),
  Date.UTC(1899, 11, 30),
  Date.UTC(1899, 11, 31),
]);

type Read = (row: Row, field: number) => number;

/**
 * Reads one column of instants as ms since the epoch. A value that cannot be right (a year, a spreadsheet's day, seconds
 * among milliseconds, 0 among dates) is `bad-data` with what it seems to be. A stated unit is believed, but a mixture
 * is not. After the last row `notes` says what was assumed.
 */
export class TimeReader {
  private readonly name: string;
  private readonly column: string;
  private readonly form: TimeForm;
  private readonly toUtc: ToUtc;
  private decided: Read | undefined;
  private assumed = "";
  private first = Infinity;
  private last = -Infinity;
  private wholeDays = true;
  private nearZeroAt = "";
  private modernAt = "";

  /** `name` is how a mapping calls the column, `label` how messages do. */
  constructor(form: TimeForm, name: string, label = `column ${name}`) {
    this.form = form;
    this.name = name;
    this.column = label;
    this.toUtc = zoneToUtc(form.zone);
    const { format, unit } = form;
    if (format !== undefined) this.decided = this.byFormat(format);
    else if (unit !== "auto") this.decided = this.byUnit(unit);
  }

  read(row: Row, field: number): number {
    const instant = row.instant(field);
    const time = Number.isNaN(instant) ? this.readText(row, field) : instant;
    if (!(time >= MODERN_FROM && time < MODERN_TO)) this.checkOdd(row, field, time);
    else if (this.modernAt === "") this.noteModern(row, field);
    if (time < this.first) this.first = time;
    if (time > this.last) this.last = time;
    if (this.wholeDays && time % DAY_MS !== 0) this.wholeDays = false;
    return time;
  }

  /** What a reader of results should know, once every row was read. */
  notes(): string[] {
    const notes = this.assumed === "" ? [] : [this.assumed];
    const { first, last } = this;
    if (!(first <= last)) return notes;
    if (first === last) notes.push("Every event has the same time: their order is that of the rows.");
    else if (this.wholeDays) notes.push("Times are whole days: within a day the order is that of the rows.");
    if (first < MODERN_FROM || last >= MODERN_TO) {
      const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
      notes.push(`Times lie between ${day(first)} and ${day(last)}: check that their unit is right.`);
    }
    return notes;
  }

  private readText(row: Row, field: number): number {
    this.decided ??= this.decide(row, field);
    return this.decided(row, field);
  }

  private decide(row: Row, field: number): Read {
    const text = row.text(field).trim();
    const unit = modernUnit(Number(text || "NaN"));
    if (unit !== undefined && !lostDigits(text)) {
      // 2023122016 may be an hour of 2023 or a second of 2034.
      if (unit === "s" && !Number.isNaN(calendarTime(text))) throw this.bad(row, field);
      this.assumed = `Times were taken to be in ${unit}, as the first row suggests.`;
      return this.counted(unit);
    }
    const calendar = calendarTime(text);
    if (text.length >= 8 && !Number.isNaN(calendar)) {
      const day = new Date(calendar).toISOString().slice(0, 10);
      this.assumed = `Times were read as calendar numbers: ${text} is ${day}, ${this.form.zone}.`;
      return this.byUnit("calendar");
    }
    if (Number.isNaN(parseDate(text, this.toUtc))) throw this.bad(row, field);
    return this.byUnit("iso");
  }

  private byFormat(format: string): Read {
    const parse = writtenFormat(format, this.toUtc);
    return (row, field) => {
      const time = parse(row.text(field));
      if (Number.isNaN(time)) throw badField(row, this.column, `a date written as ${format}`, row.text(field));
      return time;
    };
  }

  private byUnit(unit: Exclude<TimeUnit, "auto">): Read {
    if (unit === "iso") return (row, field) => this.parsed(row, field, parseDate(row.text(field).trim(), this.toUtc));
    if (unit === "calendar") {
      return (row, field) => this.parsed(row, field, this.toUtc(calendarTime(row.text(field).trim())));
    }
    if (unit === "excel") {
      return (row, field) => this.toUtc(Math.round((row.number(field) - SPREADSHEET_EPOCH_DAYS) * 86_400) * 1000);
    }
    const perMs = EPOCH_UNITS[unit];
    return (row, field) => {
      if (row.isEmpty(field)) throw badField(row, this.column, `a time in ${unit}`, "");
      const value = row.number(field);
      const time = value / perMs;
      if (Math.abs(time) > LARGEST_MS) {
        throw badField(row, this.column, `a time in ${unit} before 5138`, row.text(field), this.otherUnit(value));
      }
      if (value % 10 === 0 && lostDigits(row.text(field))) throw this.bad(row, field);
      return time;
    };
  }

  /** As a stated unit, but only times of 1990 to 2100. */
  private counted(unit: keyof typeof EPOCH_UNITS): Read {
    const read = this.byUnit(unit);
    return (row, field) => {
      const time = read(row, field);
      if (time >= MODERN_FROM && time < MODERN_TO) return time;
      const hint = this.otherUnit(row.number(field)) ?? timeAdvice(row.text(field), this.name);
      throw badField(row, this.column, `a time in ${unit} since 1990 like the rows before`, row.text(field), hint);
    };
  }

  private parsed(row: Row, field: number, time: number): number {
    if (Number.isNaN(time)) throw this.bad(row, field);
    return time;
  }

  private otherUnit(value: number): string | undefined {
    const unit = modernUnit(value);
    return unit && `it looks like ${unit}; a column must keep to one unit`;
  }

  private bad(row: Row, field: number): Error {
    const { unit } = this.form;
    const expected =
      unit === "calendar" ? "digits such as 20231220 or 20231220161719" : "a date such as 2012-04-03T18:00:09Z";
    const text = row.text(field);
    const isNumber = text.trim() !== "" && Number.isFinite(Number(text));
    return badField(
      row,
      this.column,
      unit === "auto" && isNumber ? "a time of 1990 to 2100" : expected,
      text,
      timeAdvice(text, this.name),
    );
  }

  private noteModern(row: Row, field: number): void {
    if (this.nearZeroAt !== "") {
      const hint = `while ${this.nearZeroAt} lies beside 1970: they are of two units, or an unknown time`;
      throw badField(row, this.column, "a time like those before", row.text(field), hint);
    }
    this.modernAt = row.where();
  }

  private checkOdd(row: Row, field: number, time: number): void {
    const text = row.text(field);
    if (!(time >= OLDEST_MS && time < NEWEST_MS)) {
      throw badField(row, this.column, "a time of 1700 to 2500", text, "it stands for an unknown or endless time");
    }
    const isUnknown = EMPTY_DATES.has(time) || Math.abs(time) < NEAR_ZERO_MS;
    if (!isUnknown) return;
    if (this.modernAt !== "" || (this.form.unit === "auto" && this.form.format === undefined)) {
      const other = Math.abs(time) > DAY_MS ? this.otherUnit(Number(text)) : undefined;
      const hint = other ?? "it usually stands for an unknown time: --skip-bad leaves such rows out";
      throw badField(row, this.column, "a time of 1990 to 2100", text, hint);
    }
    if (this.nearZeroAt === "") this.nearZeroAt = row.where();
  }
}

/** As `TimeReader.read`, for an importer whose files have one known unit; `column` names it in messages. */
export function timeReader(unit: "s" | "ms" | "iso" | "auto", column: string): (row: Row, field: number) => number {
  const reader = new TimeReader({ unit, zone: "UTC" }, column, column);
  return (row, field) => reader.read(row, field);
}
