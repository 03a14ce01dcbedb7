import { tableFormat } from "./mapping.js";
import type { ImportRun } from "./source-folder.js";
import { readTable } from "./table.js";
import type { RowConsumer } from "./table-wish.js";

/**
 * Reads a table row by row in bounded memory, in whichever format its name or content tells; `wanted` are the
 * columns that will be asked for.
 */
export async function readRows(
  path: string,
  wanted: ReadonlySet<string>,
  run: ImportRun,
  consumer: RowConsumer,
): Promise<void> {
  return readTable(path, tableFormat.parse({}), { columns: wanted }, run, consumer);
}
