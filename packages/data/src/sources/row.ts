import { PlatformError } from "@sequitur/core";
import type { ByteIdTable } from "./byte-id-table.js";
import { decodeText, type TextEncoding } from "./text-blocks.js";

/** One row of a table, whatever its format; valid only while its consumer runs. Fields are numbered from 0. */
export interface Row {
  /** Where it is, for messages: "FILE, line 7". */
  where(): string;
  isEmpty(field: number): boolean;
  text(field: number): string;
  /** A finite number; anything else is `bad-data`. */
  number(field: number): number;
  /** The index of the id in the table; an empty id is `bad-data`. */
  id(field: number, table: ByteIdTable): number;
}

/** The error of a field that is not what it should be. */
export function badField(row: Row, column: string, expected: string, got: string): PlatformError {
  const shown = got.length > 60 ? `${got.slice(0, 60)}...` : got;
  return new PlatformError("bad-data", `${row.where()}: expected ${expected} in ${column}, got "${shown}".`);
}

const MAX_FAST_DIGITS = 15;
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));
const NUMBER_SHAPE = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

/** A row as byte ranges within a block of text: strings are made only when asked for. */
export class ByteRow implements Row {
  bytes: Buffer = Buffer.alloc(0);
  line = 0;
  count = 0;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  private readonly path: string;
  private readonly encoding: TextEncoding;
  columns: readonly string[] = [];

  constructor(path: string, encoding: TextEncoding, maxFields: number) {
    this.path = path;
    this.encoding = encoding;
    this.starts = new Int32Array(maxFields);
    this.ends = new Int32Array(maxFields);
  }

  where(): string {
    return `${this.path}, line ${this.line}`;
  }

  isEmpty(field: number): boolean {
    return this.starts[field] === this.ends[field];
  }

  text(field: number): string {
    return decodeText(this.bytes.subarray(this.starts[field], this.ends[field]), this.encoding);
  }

  number(field: number): number {
    const fast = fastNumber(this.bytes, this.starts[field]!, this.ends[field]!);
    if (!Number.isNaN(fast)) return fast;
    return slowNumber(this, columnName(this.columns, field), this.text(field));
  }

  id(field: number, table: ByteIdTable): number {
    if (this.isEmpty(field)) throw badField(this, columnName(this.columns, field), "an id", "");
    return table.add(this.bytes, this.starts[field]!, this.ends[field]!);
  }
}

/** A row as values: strings of a CSV reader, or what JSON and Parquet hold. */
export class ValueRow implements Row {
  values: readonly unknown[] = [];
  position = 0;
  private readonly path: string;
  private readonly unit: "line" | "row";
  private readonly columns: readonly string[];

  constructor(path: string, unit: "line" | "row", columns: readonly string[]) {
    this.path = path;
    this.unit = unit;
    this.columns = columns;
  }

  where(): string {
    return `${this.path}, ${this.unit} ${this.position}`;
  }

  isEmpty(field: number): boolean {
    const value = this.values[field];
    return value === undefined || value === null || value === "";
  }

  text(field: number): string {
    const value = this.values[field];
    if (value === undefined || value === null) return "";
    if (typeof value === "string") return value;
    if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return String(value);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "invalid date" : value.toISOString();
    return JSON.stringify(value);
  }

  number(field: number): number {
    const value = this.values[field];
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (typeof value === "bigint") return Number(value);
    if (value instanceof Date && !Number.isNaN(value.getTime())) return value.getTime();
    return slowNumber(this, columnName(this.columns, field), this.text(field));
  }

  id(field: number, table: ByteIdTable): number {
    if (this.isEmpty(field)) throw badField(this, columnName(this.columns, field), "an id", "");
    return table.addText(this.text(field));
  }
}

function columnName(columns: readonly string[], field: number): string {
  const name = columns[field] ?? "";
  return name === "" || name === String(field + 1) ? `field ${field + 1}` : `column ${name}`;
}

function slowNumber(row: Row, column: string, text: string): number {
  const value = NUMBER_SHAPE.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw badField(row, column, "a number", text);
  return value;
}

/**
 * A decimal of up to 15 digits without exponent, else NaN. Exact: both the digits and the power of ten are exactly
 * representable, and one IEEE division rounds once (Clinger 1990).
 */
function fastNumber(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const negative = bytes[at] === 0x2d;
  if (negative) at += 1;
  if (at >= end || end - at > MAX_FAST_DIGITS + 1) return Number.NaN;
  let digits = 0;
  let count = 0;
  let point = -1;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (byte >= 0x30 && byte <= 0x39) {
      digits = digits * 10 + (byte - 0x30);
      count += 1;
    } else if (byte === 0x2e && point < 0) point = count;
    else return Number.NaN;
  }
  if (count === 0 || count > MAX_FAST_DIGITS) return Number.NaN;
  const value = point < 0 ? digits : digits / POWERS_OF_TEN[count - point]!;
  return negative ? -value : value;
}
