import { openDataset } from "@sequitur/data";
import type { Table } from "./read-table.js";

export interface OpenTableOptions {
  /** A folder with the raw files; else `./datasets/NAME/raw`, where `sequitur data get NAME` puts them. */
  readonly from?: string;
  /** Where data sets are kept; "datasets" when absent. */
  readonly datasetsDir?: string;
  /** Options of the importer or the generator, such as { size: "tiny" } of the city. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** A data set of `sequitur data list` by its name; "city" is generated and needs no download. */
export async function openTable(name: string, options: OpenTableOptions = {}): Promise<Table> {
  return openDataset({ name, datasetsDir: "datasets", ...options });
}
