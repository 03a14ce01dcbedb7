import { parseConfig, PlatformError } from "@sequitur/core";
import { datasetStats, mappedOptions, writeSqlTable, type Dataset, type MappedOptions } from "@sequitur/data";
import type { Command } from "commander";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { namesOf, numberOf } from "../arguments/assignments.js";
import { nameAfter } from "../arguments/dataset-name.js";
import { collectColumns, type ColumnMap } from "../arguments/column-map.js";
import { inputFiles } from "../arguments/input-files.js";
import { filesByPart, withPartOptions, type FilesByPart } from "./part-options.js";
import { DATASETS_FOLDER } from "../arguments/datasets-folder.js";
import { SIGNALS_FLAG, SIGNALS_HELP, signalsOf } from "../arguments/signals-of.js";
import { readJsonFile } from "../arguments/read-json-file.js";
import type { Io } from "../io.js";
import { withProgress } from "../progress/progress-view.js";
import { addDataset } from "./add-dataset.js";
import { statsJson, statsText } from "./data-stats-command.js";
import { withExamples, withSharedOptions, type SharedOptions } from "./shared-options.js";
import { present, shapeOf, withShapeOptions, type ShapeFlags } from "./table-options.js";

interface Options extends SharedOptions, ShapeFlags {
  readonly map?: ColumnMap;
  readonly mapFile?: string;
  readonly sql?: string;
  readonly validation?: readonly string[];
  readonly test?: readonly string[];
  readonly items?: string;
  readonly itemsMap?: ColumnMap;
  readonly users?: string;
  readonly usersMap?: ColumnMap;
  readonly signals?: string;
  readonly name?: string;
  readonly out?: string;
  readonly title?: string;
  readonly datasetsDir?: string;
  readonly timeFormat?: string;
  readonly timeZone?: string;
  readonly explode?: readonly string[];
  readonly ids?: string;
  readonly skipBad?: number;
  readonly revisits?: boolean;
  readonly force?: boolean;
}

/** `sequitur data import FILE...`. */
export function dataImportCommand(data: Command, io: Io): void {
  const command = data
    .command("import")
    .description("make a data set of own files: CSV and its relatives, JSON, Parquet or Arrow, packed or not")
    .argument("[files...]", "tables of interactions, folders of parts or globs, read in this order as one")
    .option(
      "--map <pairs>",
      "columns, such as user=uid,item=sku,time=ts:s (units s, ms, us, ns, iso, calendar, excel); time=date+clock joins " +
        "columns; without times order=COLUMN or order=rows; a place goes as #2, a nested field as user.id; repeatable",
      collectColumns,
    )
    .option("--map-file <file>", "the same and more as JSON: { mapping: { user, item, time, ... }, items, ... }")
    .option(
      "--sql <query>",
      "in place of files: a query of DuckDB, such as \"select * from 'x.parquet'\" (npm i @duckdb/node-api)",
    )
    .option("--items <file>", "a table of items, one row each")
    .option(
      "--items-map <pairs>",
      "its columns, such as item=sku,title=name,price=eur,attribute=brand (and category, stock, availability, ...)",
      collectColumns,
    )
    .option("--name <name>", "what to call it (default: after the first file)")
    .option("--out <dir>", "put it here instead of into the folder of data sets; with --name, below here")
    .option("--title <text>", "name in reports (default: the name)")
    .option("--datasets-dir <dir>", "where data sets are kept (default: datasets)")
    .option("--force", "replace a data set of that name that was imported before");
  withPartOptions(command);
  withRowOptions(withPeopleAndSignals(command));
  withShapeOptions(command);
  withExamples(withSharedOptions(command, "the statistics"), [
    "sequitur data import clicks.csv --map user=uid,item=sku,time=ts:s --name clicks",
    "sequitur data import a.parquet b.parquet --map user=user_id,item=item_id,time=at --name shop",
    "sequitur data import train.csv --validation valid.csv --test test.csv --map user=u,item=i,time=t --name shop",
    "sequitur data import visits.tsv.gz --map-file mapping.json --revisits --out ./my/visits",
    "sequitur data import --sql \"select * from 'log/*.parquet' where kind = 'buy'\" --map user=u,item=i,time=t --name buys",
    "sequitur data import log.csv --map user=u,item=i,time=t --items items.csv --items-map item=id,title=name",
    "sequitur data import shop.csv --map user=u,item=i,time=t,kind=event,weight=count,eventId=id --signals cart=3",
  ]);
  command.action(async (files: string[], options: Options) => {
    const { name, datasetsDir } = placeOf(files[0] ?? "query", options);
    const { title = name, revisits = false, force = false } = options;
    const dataset = await withProgress(io, options.quiet === true, (report) =>
      withInputs(files, options.sql, async (paths) => {
        const source = await sourceOf(await filesByPart(files, paths, options), options);
        return addDataset({ name, title, datasetsDir, revisits, source, force, report, signal: io.signal });
      }),
    );
    const stats = datasetStats(dataset.interactions);
    io.stdout.write(options.json === true ? statsJson(dataset, stats) : await statsText(dataset, stats));
    if (options.quiet === true || options.json === true) return;
    const folder = options.out === undefined && options.datasetsDir === undefined ? undefined : datasetsDir;
    io.stderr.write(whatNext(dataset, revisits, stats.repeatedShare, { name, datasetsDir, folder }));
  });
}

/** Hints below the statistics: what is peculiar of the data, and the command that comes next. */
function whatNext(
  { interactions }: Dataset,
  revisits: boolean,
  repeatedShare: number,
  {
    name,
    datasetsDir,
    folder,
  }: { readonly name: string; readonly datasetsDir: string; readonly folder?: string | undefined },
): string {
  const where = folder === undefined ? "" : ` --datasets-dir ${folder}`;
  const hints = [`Kept in ${join(datasetsDir, name)}. Next: sequitur evaluate --data ${name}${where}`];
  if (interactions.context.part !== undefined) {
    hints.push("It has parts of its own: an evaluation asks its test part unless --split names another split.");
  }
  if (!revisits && repeatedShare > 0) {
    hints.unshift(
      "Some users come back to an item here. Evaluations remove items seen before from each ranking, unless coming " +
        "back is normal: say so with --revisits --force.\n",
    );
  }
  return `\n${hints.join("\n")}\n`;
}

/** Who the users are, and what their events say. */
function withPeopleAndSignals(command: Command): Command {
  return command
    .option("--users <file>", "a table of users, one row each")
    .option("--users-map <pairs>", "its columns, such as user=uid,attribute=age", collectColumns)
    .option(SIGNALS_FLAG, `${SIGNALS_HELP}; kept with the data set`)
    .option("--revisits", "coming back to an item is normal, as with places");
}

/** How times and ids are read, and what is done with rows that are not as expected. */
function withRowOptions(command: Command): void {
  command
    .option("--time-format <format>", 'how dates are written, such as "M/d/yyyy H:mm" or "%d.%m.%Y"')
    .option("--time-zone <zone>", "IANA zone of dates that name none (default: UTC)")
    .option("--skip-bad <number>", "leave out up to this many rows that cannot be read, and list them", numberOf)
    .option("--ids <form>", "text (default), or whole: 17.0, 00017 and 17 are one id")
    .option("--explode <columns>", "columns with lists, with commas between: one row of each entry", namesOf);
}

/** Runs the work with the files that were given, or with the result of a query, which is kept for as long as it runs. */
async function withInputs<T>(
  files: readonly string[],
  sql: string | undefined,
  work: (paths: readonly string[]) => Promise<T>,
): Promise<T> {
  if (files.length > 0 === (sql !== undefined)) {
    const got = sql === undefined ? "neither" : "both";
    throw new PlatformError("bad-config", `expected files or --sql, got ${got}.`);
  }
  if (sql === undefined) return work(await inputFiles(files));
  const folder = await mkdtemp(join(tmpdir(), "sequitur-query-"));
  try {
    const path = join(folder, "query.parquet");
    await writeSqlTable(sql, path);
    return await work([path]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function sourceOf(parts: FilesByPart, options: Options): Promise<MappedOptions> {
  const { files } = parts;
  const { map, mapFile, items, itemsMap, explode, ids, skipBad, timeFormat, timeZone } = options;
  if (map === undefined && mapFile === undefined) {
    throw new PlatformError(
      "bad-config",
      `say which columns are what: --map user=...,item=...,time=... or --map-file; "sequitur data profile ${files[0]}" proposes it.`,
    );
  }
  if ((items === undefined) !== (itemsMap === undefined)) {
    throw new PlatformError("bad-config", "--items and --items-map go together, got one of them.");
  }
  if ((options.users === undefined) !== (options.usersMap === undefined)) {
    throw new PlatformError("bad-config", "--users and --users-map go together, got one of them.");
  }
  const signals = await signalsOf(options.signals);
  const base = mapFile === undefined ? {} : ((await readJsonFile(mapFile)) as Record<string, unknown>);
  const mapping = { ...(base["mapping"] as object | undefined), ...map, ...present({ timeFormat, timeZone, signals }) };
  const shape = shapeOf(options);
  // The table of items is a file of its own: it shares what the user states of both, not what is guessed of one.
  const table = items === undefined ? {} : { items: { ...shape, file: items, mapping: itemsMap } };
  const { users, usersMap } = options;
  const people = users === undefined ? {} : { users: { ...shape, file: users, mapping: usersMap } };
  const rows = present({ explode, ids, skipBad });
  return parseConfig(
    mappedOptions,
    { ...base, ...shape, ...rows, ...table, ...people, ...parts, mapping },
    mapFile ?? "--map",
  );
}

function placeOf(file: string, { name, out, datasetsDir }: Options): { name: string; datasetsDir: string } {
  if (out === undefined) return { name: name ?? nameAfter(file), datasetsDir: datasetsDir ?? DATASETS_FOLDER };
  if (datasetsDir !== undefined) {
    throw new PlatformError("bad-config", "--out already sets the folder; remove --datasets-dir.");
  }
  return name === undefined ? { name: basename(out), datasetsDir: dirname(out) } : { name, datasetsDir: out };
}
