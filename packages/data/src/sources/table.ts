import { PlatformError } from "@sequitur/core";
import { readDelimited, type DelimitedFormat, type RowConsumer } from "./delimited.js";
import { readJsonLines } from "./json-lines.js";
import type { TableFormat } from "./mapping.js";
import { readParquet } from "./parquet.js";
import type { ImportRun } from "./source-folder.js";

/** The index of a named column; `bad-data` lists the columns that exist. */
export function columnIndex(path: string, columns: readonly string[], name: string): number {
  const index = columns.indexOf(name);
  if (index >= 0) return index;
  const shown =
    columns.length > 30 ? `${columns.slice(0, 30).join(", ")}, and ${columns.length - 30} more` : columns.join(", ");
  throw new PlatformError("bad-data", `${path}: expected a column "${name}", got the columns ${shown}.`);
}

const ENDINGS: Readonly<Record<string, "csv" | "tsv" | "jsonl" | "parquet">> = {
  csv: "csv",
  tsv: "tsv",
  txt: "tsv",
  tab: "tsv",
  json: "jsonl",
  jsonl: "jsonl",
  ndjson: "jsonl",
  parquet: "parquet",
  pq: "parquet",
};

/** Reads any table; `wanted` are the columns that will be asked for. */
export async function readTable(
  path: string,
  format: TableFormat,
  wanted: ReadonlySet<string>,
  run: ImportRun,
  consumer: RowConsumer,
): Promise<void> {
  const kind = format.format === "auto" ? kindOf(path) : format.format;
  if (kind === "parquet") return readParquet(path, wanted, run, consumer);
  if (kind === "jsonl") return readJsonLines(path, run, consumer);
  const delimited: DelimitedFormat = {
    separator: format.separator ?? (kind === "csv" ? "," : "\t"),
    encoding: format.encoding,
    header: format.header,
    quotes: format.quotes,
  };
  return readDelimited(path, delimited, run, consumer);
}

function kindOf(path: string): "csv" | "tsv" | "jsonl" | "parquet" {
  const ending = path.replace(/\.gz$/i, "").split(".").at(-1)?.toLowerCase() ?? "";
  if (Object.hasOwn(ENDINGS, ending)) return ENDINGS[ending]!;
  throw new PlatformError(
    "bad-config",
    `${path}: expected a name that ends in ${Object.keys(ENDINGS).join(", ")}, or a format given by name.`,
  );
}
