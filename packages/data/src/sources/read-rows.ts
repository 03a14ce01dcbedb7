import type { RowConsumer } from "./delimited.js";
import { tableFormat } from "./mapping.js";
import type { ImportRun } from "./source-folder.js";
import { readTable } from "./table.js";

/**
 * Reads a table row by row in bounded memory, CSV, TSV, JSON Lines or Parquet by the file's ending; `wanted` are the
 * columns that will be asked for.
 */
export async function readRows(
  path: string,
  wanted: ReadonlySet<string>,
  run: ImportRun,
  consumer: RowConsumer,
): Promise<void> {
  return readTable(path, tableFormat.parse({}), wanted, run, consumer);
}
