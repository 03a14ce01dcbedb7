import type { ByteIdTable } from "./byte-id-table.js";
import { badField, columnName, parseNumber, type DecimalMark, type Row } from "./row.js";
import { decodeText, type TextEncoding } from "./text-blocks.js";

const MAX_FAST_DIGITS = 15;
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));

/** A row as byte ranges within a block of text: strings are made only when asked for. */
export class ByteRow implements Row {
  bytes: Buffer = Buffer.alloc(0);
  line = 0;
  columns: readonly string[] = [];
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  private readonly path: string;
  private readonly encoding: TextEncoding;
  private readonly decimal: DecimalMark;

  constructor(path: string, encoding: TextEncoding, maxFields: number, decimal: DecimalMark = ".") {
    this.path = path;
    this.encoding = encoding;
    this.decimal = decimal;
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

  value(field: number): string {
    return this.text(field);
  }

  list(): undefined {
    return undefined;
  }

  number(field: number): number {
    const fast = this.decimal === "." ? fastNumber(this.bytes, this.starts[field]!, this.ends[field]!) : Number.NaN;
    if (fast === fast) return fast;
    return parseNumber(this, columnName(this.columns, field), this.text(field), this.decimal);
  }

  instant(): number {
    return Number.NaN;
  }

  checkId(field: number): void {
    if (this.isEmpty(field)) throw badField(this, columnName(this.columns, field), "an id", "");
  }

  idText(field: number): string {
    this.checkId(field);
    return this.text(field);
  }

  id(field: number, table: ByteIdTable): number {
    this.checkId(field);
    return table.add(this.bytes, this.starts[field]!, this.ends[field]!);
  }

  type(): string {
    return "";
  }
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
