import { IdTableBuilder, interactionsFrom, PlatformError, type Interactions, type ItemColumns } from "@sequitur/core";
import { datasetFrom, importDataset, type Dataset, type ImportOptions } from "@sequitur/data";

/** Who chose what when, with its origin: what `readTable` gives and the other functions take. */
export type Table = Dataset;

/** Which column is what; `user`, `item` and `time` when left out are columns of these names. */
export type Columns = Partial<ImportOptions["mapping"]>;

/** One row in memory. */
export type Row = Readonly<Record<string, unknown>>;

export interface TableOptions {
  /** What reports call the data; "table" when absent. */
  readonly name?: string;
  /** Coming back to an item is normal, as with places (default false). */
  readonly revisits?: boolean;
  /** For files: all that `data import` knows, such as `separator`, `skipBad` or a table of `items`. */
  readonly format?: Omit<ImportOptions, "files" | "mapping">;
}

/**
 * Reads who chose what when: from files (CSV, TSV, JSON Lines, Parquet, Arrow; packed or not) or from rows in memory.
 * Rows may have a time as ms since the epoch, a Date or ISO 8601 text; without times their order counts. `bad-data` names the row that
 * cannot be read.
 */
export async function readTable(
  source: string | readonly string[] | readonly Row[],
  columns: Columns = {},
  options: TableOptions = {},
): Promise<Table> {
  const { name = "table", revisits = false, format = {} } = options;
  if (typeof source !== "string" && isRows(source)) {
    const about = { name, title: name, licence: "as the owner says", citation: "", revisits };
    return datasetFrom(about, { interactions: interactionsOf(source, columns), notes: [] });
  }
  const files = typeof source === "string" ? [source] : [...source];
  const time = columns.order === undefined ? { time: "time" } : {};
  const mapping = { user: "user", item: "item", ...time, ...columns };
  return importDataset({ name, revisits, source: { ...format, files, mapping } });
}

function isRows(source: readonly string[] | readonly Row[]): source is readonly Row[] {
  if (source.length === 0) throw new PlatformError("bad-data", "expected rows or files, got an empty array.");
  return typeof source[0] !== "string";
}

function interactionsOf(rows: readonly Row[], columns: Columns): Interactions {
  const { user = "user", item = "item", time, title, weight, ...others } = columns;
  const stray = Object.keys(others);
  if (stray.length > 0) {
    throw new PlatformError(
      "bad-config",
      `rows in memory have the columns user, item, time, title and weight, got ${stray.join(", ")}; write a file for more.`,
    );
  }
  const timeColumn = time ?? ("time" in rows[0]! ? "time" : undefined);
  const users = new IdTableBuilder();
  const items = new IdTableBuilder();
  const titles: string[] = [];
  const userOf = Int32Array.from(rows, (row, at) => users.add(idOf(row, user, at)));
  const itemOf = Int32Array.from(rows, (row, at) => {
    const index = items.add(idOf(row, item, at));
    if (title !== undefined) titles[index] ??= textOf(row, title);
    return index;
  });
  const times = Float64Array.from(rows, (row, at) => (timeColumn === undefined ? at : timeOf(row, timeColumn, at)));
  const itemColumns: ItemColumns = title === undefined ? {} : { titles };
  const order = timeColumn === undefined ? { timesAre: "order" as const } : {};
  const catalog = { users: users.table(), items: items.table(), itemColumns, ...order };
  const context =
    weight === undefined ? {} : { weight: Float32Array.from(rows, (row, at) => numberOf(row, weight, at)) };
  return interactionsFrom(catalog, { users: userOf, items: itemOf, times, context });
}

function idOf(row: Row, column: string, at: number): string {
  const value = row[column];
  if (typeof value === "string" && value !== "") return value;
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  if (typeof value === "bigint") return String(value);
  throw badRow(at, column, "an id (text or a number)", value);
}

/** "" where the row has none. */
function textOf(row: Row, column: string): string {
  const value = row[column];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function timeOf(row: Row, column: string, at: number): number {
  const value = row[column];
  const time = typeof value === "number" ? value : value instanceof Date ? value.getTime() : isoTime(value);
  if (Number.isFinite(time)) return time;
  throw badRow(at, column, "ms since the epoch, a Date or ISO 8601 text", value);
}

/** With its zone, as Date.parse reads the same text differently on machines in other zones. */
function isoTime(value: unknown): number {
  const isIso =
    typeof value === "string" && /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d))?$/.test(value);
  return isIso ? Date.parse(value) : Number.NaN;
}

function numberOf(row: Row, column: string, at: number): number {
  const value = row[column];
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw badRow(at, column, "a number", value);
}

function badRow(at: number, column: string, expected: string, value: unknown): PlatformError {
  return new PlatformError("bad-data", `row ${at}: ${column} must be ${expected}, got ${JSON.stringify(value)}.`);
}
