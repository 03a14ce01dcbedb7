import { parse as parseNow } from "csv-parse/sync";
import { PlatformError } from "@sequitur/core";
import { BadRows } from "./bad-rows.js";
import { ByteRow } from "./byte-row.js";
import { readQuoted, wrongCount } from "./quoted.js";
import type { DecimalMark, Row } from "./row.js";
import type { ImportRun } from "./source-folder.js";
import { afterFirstLine, countOf, findShape, firstLineOf, separatorName } from "./table-shape.js";
import type { RowConsumer, TableWish } from "./table-wish.js";
import { decodeText, textBlocks, type TextBlock, type TextEncoding } from "./text-blocks.js";

export interface DelimitedFormat {
  /** One or two characters. */
  readonly separator: string;
  /** Another separator, blank and comment lines before the table and Excel's "sep=" are looked for in the first lines. */
  readonly guess?: boolean;
  readonly encoding: TextEncoding;
  /** The first line names the columns. */
  readonly header: boolean;
  /** Fields in each row; with a header it is the header's count. */
  readonly fields?: number;
  /** Fields may be quoted by " as in RFC 4180; otherwise " is a character like others. "header": if the header is quoted. */
  readonly quotes: boolean | "header";
  /** What makes a quote in a quoted field ordinary (default: another quote). */
  readonly escape?: string | undefined;
  readonly decimal?: DecimalMark;
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;

/**
 * Reads CSV and its relatives. Lines are split as bytes by our own loop while no quote has been seen, and from the
 * first block with a quote on by csv-parse; bench/import.bench.ts times both on 10 million rows. Empty lines are
 * skipped. A row with another number of fields is `bad-data`.
 */
export async function readDelimited(
  path: string,
  format: DelimitedFormat,
  run: ImportRun,
  consumer: RowConsumer,
  wish: TableWish = {},
): Promise<void> {
  const blocks = textBlocks(path, format.encoding, run);
  const badRows = wish.badRows ?? new BadRows();
  let splitter: Splitter | undefined;
  for await (const read of blocks) {
    let block = read;
    if (splitter === undefined) {
      const opened = openSplitter(path, format, block, consumer, wish);
      splitter = { ...opened.splitter, badRows };
      block = format.header ? afterFirstLine(opened.start) : opened.start;
    }
    if (splitter.quotes && block.bytes.includes(QUOTE)) {
      await readQuoted({ path, format, table: splitter, note: wish.note }, block, blocks);
      return;
    }
    splitBlock(splitter, block);
  }
}

interface OpenTable {
  readonly row: ByteRow;
  readonly fields: number;
  readonly columns: readonly string[];
  readonly separator: string;
  readonly quotes: boolean;
  readonly onRow: (row: Row) => void;
}

interface Splitter extends OpenTable {
  readonly badRows: BadRows;
}

function openSplitter(
  path: string,
  format: DelimitedFormat,
  first: TextBlock,
  consumer: RowConsumer,
  { note }: TableWish,
): { readonly splitter: OpenTable; readonly start: TextBlock } {
  const { encoding, header } = format;
  const { start, separator } =
    format.guess === true
      ? findShape(first, encoding, format.separator)
      : { start: first, separator: format.separator };
  if (separator !== format.separator) {
    note?.(`${path}: fields were taken to be separated by ${separatorName(separator)}, as the first lines suggest.`);
  }
  const line = decodeText(firstLineOf(start), encoding);
  const quotes = format.quotes === "header" ? header && /^".*"$/.test(line) : format.quotes;
  const columns = header
    ? headerOf(path, line, separator, quotes)
    : Array.from({ length: format.fields ?? countOf(line, separator) + 1 }, (_, index) => String(index + 1));
  const row = new ByteRow(path, encoding, columns.length + 1, format.decimal);
  row.columns = columns;
  return { start, splitter: { row, fields: columns.length, columns, separator, quotes, onRow: consumer(columns) } };
}

function headerOf(path: string, line: string, separator: string, quotes: boolean): string[] {
  if (!quotes || !line.includes('"')) return line.split(separator);
  try {
    return parseNow(line, { delimiter: separator })[0] ?? [];
  } catch (cause) {
    throw new PlatformError("bad-data", `${path}, line 1: expected a header of names, got "${line.slice(0, 60)}".`, {
      cause,
    });
  }
}

function splitBlock(splitter: Splitter, block: TextBlock): void {
  const { row, onRow, fields, separator, badRows } = splitter;
  const { bytes } = block;
  const [first, second] = Buffer.from(separator);
  row.bytes = bytes;
  row.line = block.firstLine;
  let start = 0;
  while (start < bytes.length) {
    let count = 0;
    let fieldStart = start;
    let at = start;
    let byte = bytes[at]!;
    for (; at < bytes.length && (byte = bytes[at]!) !== NEWLINE; at++) {
      if (byte !== first || (second !== undefined && bytes[at + 1] !== second)) continue;
      if (count < fields) {
        row.starts[count] = fieldStart;
        row.ends[count] = at;
      }
      count += 1;
      if (second !== undefined) at += 1;
      fieldStart = at + 1;
    }
    const end = at > start && bytes[at - 1] === RETURN ? at - 1 : at;
    if (end > start) {
      if (count < fields) {
        row.starts[count] = fieldStart;
        row.ends[count] = Math.max(fieldStart, end);
      }
      try {
        if (count + 1 !== fields) throw wrongCount(row.where(), fields, separator, count + 1);
        onRow(row);
      } catch (error) {
        badRows.take(error);
      }
    }
    start = at + 1;
    row.line += 1;
  }
}
