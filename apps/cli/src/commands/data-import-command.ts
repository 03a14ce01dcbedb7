import { parseConfig, PlatformError } from "@sequitur/core";
import { datasetStats, mappedOptions, type MappedOptions } from "@sequitur/data";
import type { Command } from "commander";
import { basename, dirname, join } from "node:path";
import { collectColumns, type ColumnMap } from "../arguments/column-map.js";
import { datasetsFolder } from "../arguments/datasets-folder.js";
import { readJsonFile } from "../arguments/read-json-file.js";
import type { Io } from "../io.js";
import { withProgress } from "../progress/progress-view.js";
import { addDataset } from "./add-dataset.js";
import { statsJson, statsText } from "./data-stats-command.js";
import { withExamples, withSharedOptions, type SharedOptions } from "./shared-options.js";

interface Options extends SharedOptions {
  readonly map?: ColumnMap;
  readonly mapFile?: string;
  readonly items?: string;
  readonly itemsMap?: ColumnMap;
  readonly name?: string;
  readonly out?: string;
  readonly title?: string;
  readonly datasetsDir?: string;
  readonly format?: string;
  readonly separator?: string;
  readonly encoding?: string;
  readonly header: boolean;
  readonly quotes: boolean;
  readonly revisits?: boolean;
  readonly force?: boolean;
}

/** `sequitur data import FILE...`. */
export function dataImportCommand(data: Command, io: Io): void {
  const command = data
    .command("import")
    .description("make a data set of own files: CSV, TSV, JSON Lines or Parquet, .gz too")
    .argument("<files...>", "tables of interactions, read in this order as one")
    .option(
      "--map <pairs>",
      "columns, such as user=uid,item=sku,time=ts:s (units s, ms, iso); repeatable",
      collectColumns,
    )
    .option("--map-file <file>", "the same and more as JSON: { mapping: { user, item, time, ... }, items, ... }")
    .option("--items <file>", "a table of items, one row each")
    .option(
      "--items-map <pairs>",
      "its columns, such as item=sku,title=name,category=kind,openingHours=hours",
      collectColumns,
    )
    .option("--name <name>", "what to call it (default: after the first file)")
    .option("--out <dir>", "put it here instead of into the folder of data sets")
    .option("--title <text>", "name in reports (default: the name)")
    .option("--format <format>", "auto, csv, tsv, jsonl or parquet (default: by the file's ending)")
    .option("--separator <text>", "between fields, when it is not comma (csv) or tab (tsv)")
    .option("--encoding <encoding>", "utf-8 or iso-8859-1")
    .option("--no-header", "the first line is data; columns are called 1, 2, ...")
    .option("--no-quotes", 'a " in a field is an ordinary character')
    .option("--revisits", "coming back to an item is normal, as with places")
    .option("--datasets-dir <dir>", "folder of the data sets (default: ./datasets, or the one of the program)")
    .option("--force", "replace a data set of that name that was imported before");
  withExamples(withSharedOptions(command, "the statistics"), [
    "sequitur data import clicks.csv --map user=uid,item=sku,time=ts:s --name clicks",
    "sequitur data import a.parquet b.parquet --map user=user_id,item=item_id,time=at --name shop",
    "sequitur data import visits.tsv.gz --map-file mapping.json --revisits --out ./my/visits",
    "sequitur data import log.csv --map user=u,item=i,time=t --items items.csv --items-map item=id,title=name",
  ]);
  command.action(async (files: string[], options: Options) => {
    const source = await sourceOf(files, options);
    const { name, datasetsDir } = placeOf(files[0]!, options);
    const { title = name, revisits = false, force = false } = options;
    const dataset = await withProgress(io, options.quiet === true, (report) =>
      addDataset({ name, title, datasetsDir, revisits, source, force, report, signal: io.signal }),
    );
    const stats = datasetStats(dataset.interactions);
    io.stdout.write(options.json === true ? statsJson(dataset, stats) : await statsText(dataset, stats));
    if (options.quiet === true || options.json === true) return;
    const where =
      options.out === undefined && options.datasetsDir === undefined ? "" : ` --datasets-dir ${datasetsDir}`;
    if (!revisits && stats.repeatedShare > 0) {
      io.stderr.write(
        "\nSome users come back to an item here. Evaluations remove items seen before from each ranking, unless coming " +
          "back is normal: say so with --revisits --force.\n",
      );
    }
    io.stderr.write(`\nKept in ${join(datasetsDir, name)}. Next: sequitur evaluate --data ${name}${where}\n`);
  });
}

async function sourceOf(files: readonly string[], options: Options): Promise<MappedOptions> {
  const { map, mapFile, items, itemsMap, format, separator, encoding, header, quotes } = options;
  if (map === undefined && mapFile === undefined) {
    throw new PlatformError(
      "bad-config",
      "say which columns are what: --map user=...,item=...,time=... or --map-file.",
    );
  }
  if ((items === undefined) !== (itemsMap === undefined)) {
    throw new PlatformError("bad-config", "--items and --items-map go together, got one of them.");
  }
  const base = mapFile === undefined ? {} : ((await readJsonFile(mapFile)) as Record<string, unknown>);
  const mapping = { ...(base["mapping"] as object | undefined), ...map };
  const given = { format, separator, encoding, ...(header ? {} : { header }), ...(quotes ? {} : { quotes }) };
  const shape = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const table = items === undefined ? {} : { items: { ...shape, file: items, mapping: itemsMap } };
  return parseConfig(mappedOptions, { ...base, ...shape, ...table, files, mapping }, mapFile ?? "--map");
}

function placeOf(file: string, { name, out, datasetsDir }: Options): { name: string; datasetsDir: string } {
  if (out === undefined) return { name: name ?? nameAfter(file), datasetsDir: datasetsFolder(datasetsDir) };
  if (name !== undefined || datasetsDir !== undefined) {
    throw new PlatformError("bad-config", "--out says both folder and name: leave --name and --datasets-dir out.");
  }
  return { name: basename(out), datasetsDir: dirname(out) };
}

/** `My Clicks.csv.gz` -> `my-clicks`. */
function nameAfter(file: string): string {
  const plain = basename(file).toLowerCase().replace(/\..*$/, "");
  return plain.replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-+|-+$/g, "") || "import";
}
