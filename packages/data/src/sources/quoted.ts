import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CsvError, parse } from "csv-parse";
import { PlatformError } from "@sequitur/core";
import type { BadRows } from "./bad-rows.js";
import type { DecimalMark, Row } from "./row.js";
import { countOf, separatorName } from "./table-shape.js";
import type { TextBlock, TextEncoding } from "./text-blocks.js";
import { ValueRow } from "./value-row.js";

/** One quoted field longer than this is a quote that nobody closed. */
const MAX_RECORD_CHARACTERS = 64 << 20;

export interface QuotedTable {
  readonly path: string;
  readonly format: {
    readonly encoding: TextEncoding;
    readonly escape?: string | undefined;
    readonly decimal?: DecimalMark;
  };
  readonly table: {
    readonly columns: readonly string[];
    readonly separator: string;
    readonly onRow: (row: Row) => void;
    readonly badRows: BadRows;
  };
  readonly note: ((text: string) => void) | undefined;
}

/**
 * Reads this block and all that follow by csv-parse; a block starts at a line, so no quoted field is cut. A quoted field
 * that runs over lines is counted in a note, and is `bad-data` when the lines inside it look like rows.
 */
export async function readQuoted(
  quoted: QuotedTable,
  block: TextBlock,
  rest: AsyncGenerator<TextBlock>,
): Promise<void> {
  const { path, format, table } = quoted;
  async function* remaining(): AsyncGenerator<Buffer> {
    yield block.bytes;
    for await (const next of rest) yield next.bytes;
  }
  // Line numbers are counted here: csv-parse's own, which come with a context object a record, cost 2.5x the time.
  const parser = parse({
    delimiter: table.separator,
    encoding: format.encoding === "utf-8" ? "utf8" : "latin1",
    relax_column_count: true,
    max_record_size: MAX_RECORD_CHARACTERS,
    ...(format.escape !== undefined && { escape: format.escape }),
    // Found by itself, it would be the first line's for all, and a file may mix both.
    record_delimiter: ["\r\n", "\n"],
  });
  const longFields = new LongFields(quoted);
  const take = recordTaker(quoted, longFields, block.firstLine);
  const consume = new Writable({
    objectMode: true,
    highWaterMark: 1024,
    write(record: readonly string[], _encoding, done) {
      try {
        take(record);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
  try {
    await pipeline(Readable.from(remaining()), parser, consume);
  } catch (cause) {
    throw cause instanceof CsvError ? quoteError(path, block.firstLine + longFields.lines, cause) : cause;
  }
  longFields.report();
}

function recordTaker(
  { path, format, table }: QuotedTable,
  longFields: LongFields,
  firstLine: number,
): (record: readonly string[]) => void {
  const { columns, separator, badRows } = table;
  const row = new ValueRow({ path, unit: "line", columns, decimal: format.decimal ?? "." });
  let line = firstLine;
  return (record) => {
    row.position = line;
    row.values = record;
    for (const field of record) if (field.includes("\n")) line += longFields.check(field, line);
    line += 1;
    if (record.length === 1 && record[0] === "") return;
    badRows.guard(() => {
      if (record.length !== columns.length) {
        throw wrongCount(row.where(), columns.length, separator, record.length);
      }
      table.onRow(row);
    });
  };
}

/** Counts the fields that run over several lines. */
class LongFields {
  private readonly quoted: QuotedTable;
  private count = 0;
  /** Line ends within fields so far. */
  lines = 0;
  private longest = 0;
  private longestAt = 0;

  constructor(quoted: QuotedTable) {
    this.quoted = quoted;
  }

  /** How many line ends the field has; `bad-data` when most of the lines inside have the separators of a row. */
  check(field: string, line: number): number {
    const { path, table } = this.quoted;
    const lines = field.split("\n");
    const inner = lines.slice(1);
    const like = inner.filter((text) => countOf(text, table.separator) === table.columns.length - 1).length;
    const span = lines.length - 1;
    if (table.columns.length > 2 && like > 0 && like * 2 > inner.length) {
      throw new PlatformError(
        "bad-data",
        `${path}, line ${line}: expected a quote that ends, got a quoted field of ${span + 1} lines, from line ${line} to line ${line + span}, ` +
          "with rows inside: a stray quote? --no-quotes reads quotes as ordinary characters.",
      );
    }
    this.count += 1;
    this.lines += span;
    if (span > this.longest) [this.longest, this.longestAt] = [span, line];
    return span;
  }

  report(): void {
    if (this.count === 0) return;
    const { longest, longestAt } = this;
    this.quoted.note?.(
      `${this.quoted.path}: ${this.count} quoted fields run over several lines, the longest from line ${longestAt} to line ${longestAt + longest}.`,
    );
  }
}

/** The error of a row with too many or too few fields. */
export function wrongCount(where: string, expected: number, separator: string, got: number): PlatformError {
  const shown = separatorName(separator);
  return new PlatformError("bad-data", `${where}: expected ${expected} fields separated by ${shown}, got ${got}.`);
}

function quoteError(path: string, firstLine: number, cause: CsvError): PlatformError {
  const isOpen = cause.code === "CSV_QUOTE_NOT_CLOSED" || cause.code === "CSV_MAX_RECORD_SIZE";
  // csv-parse counts the lines up to the end; each record before the open one had its own.
  const line = firstLine + Number(cause["records"] ?? 0);
  const what = isOpen ? "a quote that never ends" : cause.message.replace(/ at line \d+/, "");
  return new PlatformError(
    "bad-data",
    `${path}, line ${line}: expected CSV with quoted fields, or quotes: false; got: ${what}. ` +
      `--no-quotes reads quotes as ordinary characters; --escape "\\" reads \\" as a quote in a field.`,
    { cause },
  );
}
