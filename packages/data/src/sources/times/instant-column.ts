import { PlatformError } from "@sequitur/core";
import type { ColumnMapping } from "../mapping.js";
import { parseNumber, type Row } from "../row.js";
import { ValueRow } from "../value-row.js";
import { TimeReader, type TimeForm } from "./time-reader.js";

/** Order by place in the file. */
const ROWS = "rows";
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

type TimeMapping = Pick<ColumnMapping, "time" | "order" | "timeUnit" | "timeFormat" | "timeZone">;

/** The columns that the time may come from: a name with + may be one column or several. */
export function wantedTimeColumns({ time, order }: TimeMapping): string[] {
  if (order !== undefined && order !== ROWS) return [order];
  return time === undefined ? [] : [...new Set([time, ...partsOf(time)])];
}

/** When each event happened, from one column, from several, or from an order in place of times. */
export class InstantColumn {
  /** Times are only an order. */
  readonly isOrder: boolean;
  private readonly mapping: TimeMapping;
  private readonly times: TimeReader | undefined;

  constructor(mapping: TimeMapping) {
    const { time, order, timeUnit, timeFormat, timeZone } = mapping;
    if ((time === undefined) === (order === undefined)) {
      throw new PlatformError(
        "bad-config",
        time === undefined
          ? "mapping: say which column has the time (time=COLUMN), or in place of it order=COLUMN for a column that gives the order, or order=rows for the order of the rows."
          : "mapping: expected time or order, got both.",
      );
    }
    this.mapping = mapping;
    this.isOrder = order !== undefined;
    const form: TimeForm = { unit: timeUnit, format: timeFormat, zone: timeZone };
    this.times = time === undefined ? undefined : new TimeReader(form, time);
  }

  /** Reads a row's instant (or its place in the order); `place` is the number of rows before it. */
  reader(fieldOf: (name: string) => number, columns: readonly string[]): (row: Row, place: number) => number {
    const { time, order } = this.mapping;
    if (order === ROWS && !columns.includes(ROWS)) return (_row, place) => place;
    if (order !== undefined) {
      const field = fieldOf(order);
      return (row) => {
        const instant = row.instant(field);
        return Number.isNaN(instant) ? row.number(field) : instant;
      };
    }
    const reader = this.times!;
    const names = partsOf(time!);
    if (names.length === 1 || columns.includes(time!)) {
      const field = fieldOf(time!);
      return (row) => reader.read(row, field);
    }
    return joinedReader(names, names.map(fieldOf), reader, this.mapping.timeFormat === undefined);
  }

  notes(): string[] {
    if (this.times !== undefined) return this.times.notes();
    const { order } = this.mapping;
    const source = order === ROWS ? "the order of the rows" : `column ${order}`;
    return [
      `No times: ${source} gives the order of each user's events. Sessions, gaps and splits by time are refused, and all ` +
        "that reads dates means nothing.",
    ];
  }
}

function partsOf(time: string): string[] {
  return time.split("+").map((name) => name.trim());
}

/** Joins the texts of several columns, by name when they are year, month and day, else with blanks between. */
function joinedReader(
  names: readonly string[],
  fields: readonly number[],
  reader: TimeReader,
  byName: boolean,
): (row: Row) => number {
  const places = ["year", "month", "day", "hour", "minute", "second"].map((part) =>
    names.findIndex((name) => name.toLowerCase().includes(part)),
  );
  const isCalendar = byName && places.slice(0, 3).every((place) => place >= 0);
  const joined = new JoinedRow(names.join("+"));
  return (row) => {
    const texts = fields.map((field) =>
      Number.isNaN(row.instant(field)) ? row.text(field).trim() : dayOf(row, field),
    );
    joined.row = row;
    joined.values = [isCalendar ? calendarText(row, places, texts, names) : dateAndClock(texts)];
    return reader.read(joined, 0);
  };
}

function dayOf(row: Row, field: number): string {
  return new Date(row.instant(field)).toISOString().slice(0, 10);
}

/** A lone hour after a date becomes a clock time. */
function dateAndClock(texts: readonly string[]): string {
  const last = texts.at(-1) ?? "";
  return [...texts.slice(0, -1), /^\d{1,2}$/.test(last) ? `${last}:00` : last].join(" ");
}

function calendarText(row: Row, places: readonly number[], texts: readonly string[], names: readonly string[]): string {
  const [year, month, day, hour, minute, second] = places.map((place) => {
    if (place < 0) return 0;
    const at = MONTHS.indexOf((texts[place] ?? "").slice(0, 3).toLowerCase());
    return at >= 0 ? at + 1 : parseNumber(row, `column ${names[place]}`, texts[place] ?? "");
  });
  const two = (value = 0): string => String(value).padStart(2, "0");
  const date = `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
  return `${date} ${two(hour)}:${two(minute)}:${two(second)}`;
}

/** One field made of several of another row. */
class JoinedRow extends ValueRow {
  row: Row | undefined;

  constructor(name: string) {
    super({ path: "", unit: "row", columns: [name] });
  }

  override where(): string {
    return this.row?.where() ?? "";
  }
}
