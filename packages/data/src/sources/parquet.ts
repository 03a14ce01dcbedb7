import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead, type AsyncBuffer, type FileMetaData } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { PlatformError, throwIfCancelled } from "@sequitur/core";
import { BadRows } from "./bad-rows.js";
import { valueAt } from "./column-paths.js";
import { exactColumns, PARSERS, withoutLossyTypes, type ExactColumn } from "./parquet-types.js";
import type { ImportRun } from "./source-folder.js";
import type { RowConsumer, TableWish } from "./table-wish.js";
import { ValueRow } from "./value-row.js";

/**
 * Reads a Parquet file through hyparquet, one row group at a time and only the columns that are wished for; memory
 * follows the largest group. The consumer is given every column of the file, so that it can name them when one is
 * missing; a field within a structure goes by its path, `user.id`. Damaged and empty files are `bad-data`.
 */
export async function readParquet(path: string, wish: TableWish, run: ImportRun, consumer: RowConsumer): Promise<void> {
  const { file, metadata } = await openParquet(path);
  const total = Number(metadata.num_rows);
  if (total === 0) throw new PlatformError("bad-data", `${path}: expected rows, got an empty table.`);
  const all = exactColumns(metadata);
  const wanted = all.filter(({ name, top }) => wish.columns?.has(name) ?? name === top);
  const onRow = consumer(all.map(({ name }) => name));
  const row = new ValueRow({
    path,
    unit: "row",
    columns: all.map(({ name }) => name),
    types: all.map(({ type }) => type),
  });
  const values = new Array<unknown>(all.length).fill(undefined);
  row.values = values;
  const columns = [...new Set(wanted.map(({ top }) => top))];
  const fields = wanted.map((column) => fieldReader(column, all.indexOf(column), columns.indexOf(column.top)));
  const badRows = wish.badRows ?? new BadRows();
  const raw = withoutLossyTypes(metadata);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    throwIfCancelled(run.signal);
    const rowEnd = rowStart + Number(group.num_rows);
    const cursors = await readGroup({ path, file, metadata: raw, columns, rowStart, rowEnd });
    const tops = new Array<unknown>(cursors.length);
    for (let at = rowStart; at < rowEnd; at++) {
      for (let c = 0; c < cursors.length; c++) tops[c] = cursors[c]!.next();
      for (const { place, from, read } of fields) values[place] = read(tops[from]);
      row.position = at + 1;
      badRows.guard(() => onRow(row));
    }
    rowStart = rowEnd;
    run.report?.({ task: `read ${basename(path)}`, done: rowStart, total, unit: "rows" });
  }
}

interface FieldReader {
  readonly place: number;
  /** Which of the columns that are read has it. */
  readonly from: number;
  readonly read: (top: unknown) => unknown;
}

function fieldReader({ name, top, exact }: ExactColumn, place: number, from: number): FieldReader {
  if (name === top) return { place, from, read: exact ?? ((value) => value) };
  const path = name.slice(top.length + 1);
  const read = (value: unknown): unknown => {
    const structure = exact === undefined ? value : exact(value);
    return typeof structure === "object" && structure !== null
      ? valueAt(structure as Record<string, unknown>, path)
      : undefined;
  };
  return { place, from, read };
}

interface GroupRead {
  readonly path: string;
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly columns: string[];
  readonly rowStart: number;
  readonly rowEnd: number;
}

/** Walks the pages of one column without joining them. */
class ColumnCursor {
  private readonly pages: ArrayLike<unknown>[] = [];
  private page = 0;
  private at = 0;

  append(page: ArrayLike<unknown>): void {
    if (page.length > 0) this.pages.push(page);
  }

  next(): unknown {
    const page = this.pages[this.page];
    if (page === undefined) return undefined;
    const value = page[this.at];
    this.at += 1;
    if (this.at === page.length) {
      this.page += 1;
      this.at = 0;
    }
    return value;
  }
}

async function readGroup({ path, file, metadata, columns, rowStart, rowEnd }: GroupRead): Promise<ColumnCursor[]> {
  const cursors = columns.map(() => new ColumnCursor());
  try {
    await parquetRead({
      file,
      metadata,
      columns,
      rowStart,
      rowEnd,
      compressors,
      parsers: PARSERS,
      utf8: false,
      onChunk: ({ columnName, columnData }) => cursors[columns.indexOf(columnName)]?.append(columnData),
    });
  } catch (cause) {
    throw damaged(path, cause);
  }
  return cursors;
}

async function openParquet(path: string): Promise<{ file: AsyncBuffer; metadata: FileMetaData }> {
  try {
    if (!(await stat(path)).isFile()) throw new PlatformError("bad-data", `${path}: expected a file, got a folder.`);
  } catch (cause) {
    if (cause instanceof PlatformError) throw cause;
    throw new PlatformError("not-found", `expected a file at ${path}, found none.`, { cause });
  }
  try {
    const file = await asyncBufferFromFile(path);
    return { file, metadata: await parquetMetadataAsync(file, { parsers: PARSERS }) };
  } catch (cause) {
    throw damaged(path, cause);
  }
}

function damaged(path: string, cause: unknown): PlatformError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new PlatformError("bad-data", `${path}: expected a Parquet file, got: ${reason}`, { cause });
}
