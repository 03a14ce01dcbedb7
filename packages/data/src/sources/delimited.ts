import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CsvError, parse } from "csv-parse";
import { parse as parseNow } from "csv-parse/sync";
import { PlatformError } from "@sequitur/core";
import { ByteRow, ValueRow, type Row } from "./row.js";
import type { ImportRun } from "./source-folder.js";
import { decodeText, textBlocks, type TextBlock, type TextEncoding } from "./text-blocks.js";

/**
 * Is told the table's column names ("1", "2", ... without a header), then returns what is done with each row. All table
 * readers take one, so that an importer does not know the format.
 */
export type RowConsumer = (columns: readonly string[]) => (row: Row) => void;

export interface DelimitedFormat {
  /** One or two characters. */
  readonly separator: string;
  readonly encoding: TextEncoding;
  /** The first line names the columns. */
  readonly header: boolean;
  /** Fields in each row; with a header it is the header's count. */
  readonly fields?: number;
  /** Fields may be quoted by " as in RFC 4180; otherwise " is a character like others. */
  readonly quotes: boolean;
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
): Promise<void> {
  const blocks = textBlocks(path, format.encoding, run);
  let splitter: Splitter | undefined;
  for await (const read of blocks) {
    let block = read;
    if (splitter === undefined) {
      splitter = openSplitter(path, format, block, consumer);
      block = format.header ? afterFirstLine(block) : block;
    }
    if (format.quotes && block.bytes.includes(QUOTE)) {
      await readQuoted(path, format, splitter, block, blocks);
      return;
    }
    splitBlock(splitter, block);
  }
}

interface Splitter {
  readonly row: ByteRow;
  readonly fields: number;
  readonly columns: readonly string[];
  readonly separator: Buffer;
  readonly onRow: (row: Row) => void;
}

function openSplitter(path: string, format: DelimitedFormat, first: TextBlock, consumer: RowConsumer): Splitter {
  const separator = Buffer.from(format.separator);
  const columns = format.header ? headerOf(path, format, first) : numbered(format, first, separator);
  const fields = columns.length;
  const row = new ByteRow(path, format.encoding, fields + 1);
  row.columns = columns;
  return { row, fields, columns, separator, onRow: consumer(columns) };
}

function numbered(format: DelimitedFormat, first: TextBlock, separator: Buffer): string[] {
  const fields = format.fields ?? countFields(firstLineOf(first), separator);
  return Array.from({ length: fields }, (_, index) => String(index + 1));
}

function countFields(line: Buffer, separator: Buffer): number {
  let count = 1;
  for (let at = line.indexOf(separator); at >= 0; at = line.indexOf(separator, at + separator.length)) count += 1;
  return count;
}

function firstLineOf(block: TextBlock): Buffer {
  const newline = block.bytes.indexOf(NEWLINE);
  const end = newline < 0 ? block.bytes.length : newline;
  return block.bytes.subarray(0, block.bytes[end - 1] === RETURN ? end - 1 : end);
}

function headerOf(path: string, format: DelimitedFormat, first: TextBlock): string[] {
  const line = decodeText(firstLineOf(first), format.encoding);
  if (!format.quotes || !line.includes('"')) return line.split(format.separator);
  try {
    return parseNow(line, { delimiter: format.separator })[0] ?? [];
  } catch (cause) {
    throw new PlatformError("bad-data", `${path}, line 1: expected a header of names, got "${line.slice(0, 60)}".`, {
      cause,
    });
  }
}

function afterFirstLine(block: TextBlock): TextBlock {
  const newline = block.bytes.indexOf(NEWLINE);
  const rest = newline < 0 ? block.bytes.subarray(block.bytes.length) : block.bytes.subarray(newline + 1);
  return { bytes: rest, firstLine: block.firstLine + 1 };
}

function splitBlock(splitter: Splitter, block: TextBlock): void {
  const { row, onRow, fields, separator } = splitter;
  const { bytes } = block;
  const [first, second] = separator;
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
      if (count + 1 !== fields) throw wrongCount(row.where(), fields, separator.toString(), count + 1);
      onRow(row);
    }
    start = at + 1;
    row.line += 1;
  }
}

function wrongCount(where: string, expected: number, separator: string, got: number): PlatformError {
  const shown = separator === "\t" ? "tab" : `"${separator}"`;
  return new PlatformError("bad-data", `${where}: expected ${expected} fields separated by ${shown}, got ${got}.`);
}

/** Hands this block and all that follow to csv-parse; a block starts at a line, so no quoted field is cut. */
async function readQuoted(
  path: string,
  format: DelimitedFormat,
  splitter: Splitter,
  block: TextBlock,
  rest: AsyncGenerator<TextBlock>,
): Promise<void> {
  const row = new ValueRow(path, "line", splitter.columns);
  async function* remaining(): AsyncGenerator<Buffer> {
    yield block.bytes;
    for await (const next of rest) yield next.bytes;
  }
  // Line numbers are counted here: csv-parse's own, which come with a context object a record, cost 2.5x the time.
  const parser = parse({
    delimiter: format.separator,
    encoding: format.encoding === "utf-8" ? "utf8" : "latin1",
    relax_column_count: true,
    // Found by itself, it would be the first line's for all, and a file may mix both.
    record_delimiter: ["\r\n", "\n"],
  });
  let line = block.firstLine;
  const takeRecord = (record: readonly string[]): void => {
    row.position = line;
    row.values = record;
    for (const field of record) line += newlinesIn(field);
    line += 1;
    if (record.length === 1 && record[0] === "") return;
    if (record.length !== splitter.fields)
      throw wrongCount(row.where(), splitter.fields, format.separator, record.length);
    splitter.onRow(row);
  };
  const consume = new Writable({
    objectMode: true,
    highWaterMark: 1024,
    write(record: readonly string[], _encoding, done) {
      try {
        takeRecord(record);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
  try {
    await pipeline(Readable.from(remaining()), parser, consume);
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const line = block.firstLine + Number(cause["lines"] ?? 1) - 1;
    throw new PlatformError(
      "bad-data",
      `${path}, line ${line}: expected CSV with quoted fields, or quotes: false; got: ${cause.message}`,
      { cause },
    );
  }
}

function newlinesIn(field: string): number {
  let count = 0;
  for (let at = field.indexOf("\n"); at >= 0; at = field.indexOf("\n", at + 1)) count += 1;
  return count;
}
