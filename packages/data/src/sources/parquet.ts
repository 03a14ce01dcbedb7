import { stat } from "node:fs/promises";
import { basename } from "node:path";
import {
  asyncBufferFromFile,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
  type AsyncBuffer,
  type FileMetaData,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { PlatformError, throwIfCancelled } from "@sequitur/core";
import type { RowConsumer } from "./delimited.js";
import { ValueRow } from "./row.js";
import type { ImportRun } from "./source-folder.js";

/**
 * Reads a Parquet file through hyparquet, one row group at a time and only the columns in `wanted`; memory follows the
 * largest group. The consumer is told every column of the file, so that it can name them when one is missing.
 * Damaged and empty files are `bad-data`.
 */
export async function readParquet(
  path: string,
  wanted: ReadonlySet<string>,
  run: ImportRun,
  consumer: RowConsumer,
): Promise<void> {
  const { file, metadata } = await openParquet(path);
  const total = Number(metadata.num_rows);
  if (total === 0) throw new PlatformError("bad-data", `${path}: expected rows, got an empty table.`);
  const all = parquetSchema(metadata).children.map((child) => child.element.name);
  const onRow = consumer(all);
  const row = new ValueRow(path, "row", all);
  const values = new Array<unknown>(all.length).fill(undefined);
  row.values = values;
  const columns = all.filter((name) => wanted.has(name));
  const places = columns.map((name) => all.indexOf(name));
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    throwIfCancelled(run.signal);
    const rowEnd = rowStart + Number(group.num_rows);
    const cursors = await readGroup({ path, file, metadata, columns, rowStart, rowEnd });
    for (let at = rowStart; at < rowEnd; at++) {
      for (let c = 0; c < cursors.length; c++) values[places[c]!] = cursors[c]!.next();
      row.position = at + 1;
      onRow(row);
    }
    rowStart = rowEnd;
    run.report?.({ task: `read ${basename(path)}`, done: rowStart, total, unit: "rows" });
  }
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
    return { file, metadata: await parquetMetadataAsync(file) };
  } catch (cause) {
    throw damaged(path, cause);
  }
}

function damaged(path: string, cause: unknown): PlatformError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new PlatformError("bad-data", `${path}: expected a Parquet file, got: ${reason}`, { cause });
}
