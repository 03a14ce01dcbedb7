import { PlatformError } from "@sequitur/core";
import type { ByteIdTable } from "./byte-id-table.js";

/** One row of a table, whatever its format; valid only while its consumer runs. Fields are numbered from 0. */
export interface Row {
  /** Where it is, for messages: "FILE, line 7". */
  where(): string;
  isEmpty(field: number): boolean;
  text(field: number): string;
  /** The value as the format holds it: a string, number, list, ... */
  value(field: number): unknown;
  /** The texts of a field that is a list, or undefined. */
  list(field: number): readonly string[] | undefined;
  /** A finite number; anything else is `bad-data`. */
  number(field: number): number;
  /** Ms since the epoch of a field whose type is an instant; NaN for text and numbers, which are read by a form. */
  instant(field: number): number;
  /** Throws `bad-data` for an empty id and for values that no id can be, such as lists. */
  checkId(field: number): void;
  /** The exact text of an id, checked. */
  idText(field: number): string;
  /** The index of `idText` in the table. */
  id(field: number, table: ByteIdTable): number;
  /** The column's type in a format that has types, such as "double" or "list<int64>"; else "". */
  type(field: number): string;
}

/** The error of a field that is not what it should be; `hint` says what it may be and what to do. */
export function badField(row: Row, column: string, expected: string, got: string, hint?: string): PlatformError {
  const shown = got.length > 60 ? `${got.slice(0, 60)}...` : got;
  const ending = hint === undefined ? "." : `: ${hint}.`;
  return new PlatformError("bad-data", `${row.where()}: expected ${expected} in ${column}, got "${shown}"${ending}`);
}

const NUMBER_SHAPE = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
const COMMA_NUMBER_SHAPE = /^\s*[+-]?(\d+,?\d*|,\d+)(e[+-]?\d+)?\s*$/i;

/** What stands between the whole and the rest of a number. */
export type DecimalMark = "." | ",";

/** The column's name for messages; a column without a name goes by its number. */
export function columnName(columns: readonly string[], field: number): string {
  const name = columns[field] ?? "";
  return name === "" || name === String(field + 1) ? `field ${field + 1}` : `column ${name}`;
}

/** The finite number that a text stands for; `bad-data` for others. */
export function parseNumber(row: Row, column: string, text: string, decimal: DecimalMark = "."): number {
  const shape = decimal === "." ? NUMBER_SHAPE : COMMA_NUMBER_SHAPE;
  const value = shape.test(text) ? Number(text.replace(",", ".")) : Number.NaN;
  if (Number.isFinite(value)) return value;
  const hasComma = decimal === "." && text.includes(",") && COMMA_NUMBER_SHAPE.test(text);
  throw badField(row, column, "a number", text, hasComma ? "a decimal comma is read with --decimal comma" : undefined);
}
