import { existsSync } from "node:fs";
import { PlatformError } from "@sequitur/core";
import { readArrow } from "./arrow.js";
import { readDelimited, type DelimitedFormat } from "./delimited.js";
import { readJsonRows } from "./json-rows.js";
import type { TableFormat } from "./mapping.js";
import { readUserLines, startsWithUserLines } from "./user-lines.js";
import { readMindBehaviors, startsWithBehaviors } from "./mind-behaviors.js";
import { readParquet } from "./parquet.js";
import type { ImportRun } from "./source-folder.js";
import type { RowConsumer, TableWish } from "./table-wish.js";
import { firstBytes, packingOf } from "./unpack.js";
import { contentName } from "./zip-path.js";

/** How a table is written. */
export type TableKind = Exclude<TableFormat["format"], "auto">;

const ENDINGS: Readonly<Record<string, TableKind>> = {
  csv: "csv",
  tsv: "tsv",
  txt: "tsv",
  tab: "tsv",
  data: "tsv",
  inter: "tsv",
  item: "tsv",
  user: "tsv",
  dat: "dat",
  log: "dat",
  json: "jsonl",
  jsonl: "jsonl",
  ndjson: "jsonl",
  parquet: "parquet",
  pq: "parquet",
  arrow: "arrow",
  feather: "arrow",
  ipc: "arrow",
};
const PACKED = /\.(?:gz|bz2|zst|zstd|xz|zip)$/i;
/** What separates fields when nothing else is said; a guess from the first lines goes first. */
const USUAL_SEPARATORS = { csv: ",", tsv: "\t", dat: "::" } as const;

/** Reads any table whose format its name or content tells. */
export async function readTable(
  path: string,
  format: TableFormat,
  wish: TableWish,
  run: ImportRun,
  consumer: RowConsumer,
): Promise<void> {
  const kind = format.format === "auto" ? await kindOf(path) : format.format;
  if (kind === "parquet") return readParquet(path, wish, run, consumer);
  if (kind === "arrow") return readArrow(path, wish, run, consumer);
  if (kind === "behaviors") return readMindBehaviors(path, wish, run, consumer);
  if (kind === "lines") return readUserLines(path, run, consumer);
  if (kind === "jsonl") return readJsonRows(path, wish, run, consumer);
  const { separator, encoding, header, quotes = kind === "csv" || "header", escape, decimal } = format;
  const delimited: DelimitedFormat = {
    separator: separator ?? USUAL_SEPARATORS[kind],
    guess: separator === undefined,
    encoding,
    header,
    quotes,
    escape,
    decimal: decimal === "comma" ? "," : ".",
  };
  return readDelimited(path, delimited, run, consumer, wish);
}

/** The format by the ending of a file's name, its packing aside, or by its first bytes. */
export async function kindOf(path: string): Promise<TableKind> {
  const name = (await contentName(path)).replace(PACKED, "");
  const ending = name.split(".").at(-1)?.toLowerCase() ?? "";
  const known = Object.hasOwn(ENDINGS, ending) ? ENDINGS[ending]! : undefined;
  const written = existsSync(path) ? await kindByContent(path) : undefined;
  if (written !== undefined) return written;
  if (known !== undefined) return known;
  throw new PlatformError(
    "bad-config",
    `${path}: expected a name that ends in ${Object.keys(ENDINGS).join(", ")}, or a format given by name (--format).`,
  );
}

/** Binary formats, and JSON in a file of another ending, by how they begin. */
async function kindByContent(path: string): Promise<TableKind | undefined> {
  if ((await packingOf(path)) !== "none") return undefined;
  const start = (await firstBytes(path, 4096)).toString("latin1");
  if (start.startsWith("PAR1")) return "parquet";
  if (start.startsWith("ARROW1")) return "arrow";
  if (/^(?:\u00ef\u00bb\u00bf)?\s*(?:\[\s*)?\{\s*"/.test(start)) return "jsonl";
  if (startsWithBehaviors(start)) return "behaviors";
  return startsWithUserLines(start) ? "lines" : undefined;
}
