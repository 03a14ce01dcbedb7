import { PlatformError, throwIfCancelled, type Report } from "@sequitur/core";
import { cannotWrite, placeAtomically } from "@sequitur/core/files";
import { exportInteractions, type Event, type Store } from "@sequitur/store";
import { fileWriter, ParquetWriter, schemaFromColumnData, type ColumnSource } from "hyparquet-writer";

export interface ExportRequest {
  readonly store: Store;
  /** The file to write; replaced as a whole when it is there. */
  readonly file: string;
  readonly report?: Report;
  readonly signal?: AbortSignal;
}

type Column = readonly [name: keyof Event, type: "STRING" | "DOUBLE" | "INT32"];

/** One column a field of the event; `time` is in ms since the epoch, UTC. */
const COLUMNS: readonly Column[] = [
  ["eventId", "STRING"],
  ["userId", "STRING"],
  ["itemId", "STRING"],
  ["time", "DOUBLE"],
  ["kind", "STRING"],
  ["weight", "DOUBLE"],
  ["position", "INT32"],
  ["session", "INT32"],
  ["latitude", "DOUBLE"],
  ["longitude", "DOUBLE"],
  ["utcOffsetMinutes", "INT32"],
];

/** Writes every interaction of the store, by time, as Parquet; a page in memory at a time. Gives the number of rows. */
export async function exportStore(request: ExportRequest): Promise<number> {
  try {
    return await placeAtomically(request.file, (part) => writeRows(part, request));
  } catch (error) {
    if (error instanceof PlatformError) throw error;
    throw cannotWrite(request.file, error);
  }
}

async function writeRows(part: string, { store, report, signal }: ExportRequest): Promise<number> {
  let rows = 0;
  const writer = fileWriter(part);
  const parquet = new ParquetWriter({ writer, schema: schemaFromColumnData({ columnData: columnsOf([]) }) });
  for await (const events of exportInteractions(store)) {
    throwIfCancelled(signal);
    await parquet.write({ columnData: columnsOf(events) });
    rows += events.length;
    report?.({ task: "export interactions", done: rows, total: Number.NaN, unit: "rows" });
  }
  await parquet.finish();
  return rows;
}

function columnsOf(events: readonly Event[]): ColumnSource[] {
  return COLUMNS.map(([name, type]) => ({
    name,
    type,
    nullable: true,
    data: events.map((event) => event[name] ?? null),
  }));
}
