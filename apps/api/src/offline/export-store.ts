import { PlatformError, throwIfCancelled, type Report } from "@sequitur/core";
import { exportInteractions, type Event, type Store } from "@sequitur/store";
import { fileWriter, ParquetWriter, schemaFromColumnData, type ColumnSource } from "hyparquet-writer";
import { rename, rm } from "node:fs/promises";

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
export async function exportStore({ store, file, report, signal }: ExportRequest): Promise<number> {
  const part = `${file}.part`;
  let rows = 0;
  try {
    const writer = fileWriter(part);
    const parquet = new ParquetWriter({ writer, schema: schemaFromColumnData({ columnData: columnsOf([]) }) });
    for await (const events of exportInteractions(store)) {
      throwIfCancelled(signal);
      await parquet.write({ columnData: columnsOf(events) });
      rows += events.length;
      report?.({ task: "export interactions", done: rows, total: Number.NaN, unit: "rows" });
    }
    await parquet.finish();
    await rename(part, file);
    return rows;
  } catch (error) {
    await rm(part, { force: true });
    if (error instanceof PlatformError) throw error;
    throw new PlatformError("unavailable", `cannot write ${file}: ${(error as Error).message}`, { cause: error });
  }
}

function columnsOf(events: readonly Event[]): ColumnSource[] {
  return COLUMNS.map(([name, type]) => ({
    name,
    type,
    nullable: true,
    data: events.map((event) => event[name] ?? null),
  }));
}
