import { BadRows } from "../sources/bad-rows.js";
import type { TableFormat } from "../sources/mapping.js";
import type { Row } from "../sources/row.js";
import type { ImportRun } from "../sources/source-folder.js";
import { readTable } from "../sources/table.js";

/** Rows that a profile looks at. */
const SAMPLE_ROWS = 10_000;

/** The first values of one column, as text, and what its format says of it. */
export interface ColumnSample {
  readonly name: string;
  /** In a format that has types. */
  readonly type: string;
  readonly texts: readonly string[];
  readonly isList: boolean;
  readonly isInstant: boolean;
}

export interface TableSample {
  readonly columns: readonly ColumnSample[];
  readonly rows: number;
  /** The table has more rows than were read. */
  readonly isCut: boolean;
  readonly notes: readonly string[];
}

class Enough extends Error {}

/** Reads the first rows of a table, every column. */
export async function sampleTable(path: string, format: TableFormat, run: ImportRun): Promise<TableSample> {
  const notes: string[] = [];
  const badRows = new BadRows(SAMPLE_ROWS);
  let columns: { name: string; type: string; texts: string[]; isList: boolean; isInstant: boolean }[] = [];
  let rows = 0;
  const take = (row: Row): void => {
    rows += 1;
    columns.forEach((column, field) => {
      if (row.isEmpty(field)) column.texts.push("");
      else column.texts.push(row.text(field));
      column.isList ||= row.list(field) !== undefined;
      column.isInstant ||= !Number.isNaN(row.instant(field));
    });
    if (rows === 1) columns.forEach((column, field) => (column.type = row.type(field)));
    if (rows === SAMPLE_ROWS) throw new Enough();
  };
  let isCut = false;
  try {
    await readTable(path, format, { badRows, note: (text) => notes.push(text) }, run, (names) => {
      columns = names.map((name) => ({ name, type: "", texts: [], isList: false, isInstant: false }));
      return take;
    });
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
    isCut = true;
  }
  return { columns, rows, isCut, notes: [...badRows.notes(), ...notes] };
}
