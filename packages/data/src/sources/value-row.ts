import type { ByteIdTable } from "./byte-id-table.js";
import { badField, columnName, parseNumber, type DecimalMark, type Row } from "./row.js";

/** An instant of a typed column, in ms since the epoch with fractions; a `Date` would cut them off. */
export class Instant {
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }

  toString(): string {
    return Number.isFinite(this.ms) && Math.abs(this.ms) <= 8.64e15 ? new Date(this.ms).toISOString() : "invalid date";
  }
}

export interface ValueRowOptions {
  readonly path: string;
  readonly unit: "line" | "row";
  readonly columns: readonly string[];
  /** The columns' types, in a format that has them. */
  readonly types?: readonly string[];
  readonly decimal?: DecimalMark;
}

/** A row as values: strings of a CSV reader, or what JSON, Parquet and Arrow hold. */
export class ValueRow implements Row {
  values: readonly unknown[] = [];
  position = 0;
  private readonly options: ValueRowOptions;

  constructor(options: ValueRowOptions) {
    this.options = options;
  }

  where(): string {
    const { path, unit } = this.options;
    return `${path}, ${unit} ${this.position}`;
  }

  isEmpty(field: number): boolean {
    const value = this.values[field];
    return value === undefined || value === null || value === "" || (typeof value === "number" && Number.isNaN(value));
  }

  text(field: number): string {
    return textOf(this.values[field]);
  }

  value(field: number): unknown {
    return this.values[field];
  }

  list(field: number): readonly string[] | undefined {
    const value = this.values[field];
    return isList(value) ? Array.from(value, textOf) : undefined;
  }

  number(field: number): number {
    const value = this.values[field];
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (typeof value === "bigint") return Number(value);
    const instant = this.instant(field);
    if (!Number.isNaN(instant)) return instant;
    return parseNumber(this, this.name(field), this.text(field), this.options.decimal);
  }

  instant(field: number): number {
    const value = this.values[field];
    if (value instanceof Instant) return value.ms;
    return value instanceof Date ? value.getTime() : Number.NaN;
  }

  checkId(field: number): void {
    const value = this.values[field];
    if (typeof value === "string" && value !== "") return;
    if (this.isEmpty(field)) throw badField(this, this.name(field), "an id", "");
    const problem = idProblem(value);
    if (problem === undefined) return;
    throw badField(
      this,
      this.name(field),
      `an id, which is text or a whole number (${problem.type})`,
      this.text(field),
      problem.hint,
    );
  }

  idText(field: number): string {
    this.checkId(field);
    return this.text(field);
  }

  id(field: number, table: ByteIdTable): number {
    return table.addText(this.idText(field));
  }

  type(field: number): string {
    return this.options.types?.[field] ?? "";
  }

  private name(field: number): string {
    return columnName(this.options.columns, field);
  }
}

function isList(value: unknown): value is readonly unknown[] | Float64Array {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (value instanceof Instant) return value.toString();
  if (value instanceof Date) return new Instant(value.getTime()).toString();
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner));
}

/** Why a value can be no id, and what to do; undefined when it can. */
function idProblem(value: unknown): { readonly type: string; readonly hint: string } | undefined {
  if (typeof value === "number" && !Number.isSafeInteger(value) && Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    return {
      type: "not a floating-point number beyond 2^53",
      hint: "its last digits are lost in the file: write the column as text or as a 64-bit integer",
    };
  }
  if (typeof value === "boolean") return { type: "not true or false", hint: "map another column" };
  if (value instanceof Date || value instanceof Instant) return { type: "not a date", hint: "map another column" };
  if (isList(value)) return { type: "not a list", hint: "--explode makes one row of each entry" };
  if (typeof value === "object" && value !== null) {
    const keys = Object.keys(value).slice(0, 5).join(", ");
    return { type: "not a structure", hint: `name a field of it with a dot, such as column.field; it has ${keys}` };
  }
  return undefined;
}
