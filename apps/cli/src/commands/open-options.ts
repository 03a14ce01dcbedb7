import { applyFilters, filterConfigSchema, openDataset, type Dataset, type FilterConfig } from "@sequitur/data";
import { parseConfig, type Report } from "@sequitur/core";
import type { Command } from "commander";
import { collectAssignment, collectKind } from "../arguments/assignments.js";
import { requireDataset, withDatasetsDir } from "../arguments/datasets-folder.js";
import type { Io } from "../io.js";
import { placeOfData } from "./file-as-dataset.js";

/** Flags that say which data to open. */
export interface OpenOptions {
  readonly from?: string;
  readonly datasetsDir: string;
  readonly option?: Readonly<Record<string, unknown>>;
  readonly filter?: readonly Readonly<Record<string, unknown>>[];
}

/** Adds the argument NAME and the flags of `openNamed`. */
export function withOpenOptions(command: Command): Command {
  return withDatasetsDir(command)
    .argument("<name>", 'a data set of "sequitur data list", the folder of one, or a file')
    .option("--from <dir>", "read the raw files from this folder")
    .option(
      "--option <key=value>",
      "option of the importer, such as size=large for city; repeatable",
      collectAssignment,
    )
    .option("--filter <kind:key=value>", "such as k-core:user=5,item=5; repeatable, in order", collectKind);
}

/** The filters that the flags name, in their order. */
export function filtersOf({ filter = [] }: Pick<OpenOptions, "filter">): FilterConfig[] {
  return filter.map((one) => parseConfig(filterConfigSchema, one, "--filter"));
}

/** Opens and filters the data set that the flags name. */
export async function openNamed(name: string, options: OpenOptions, io: Io, report: Report): Promise<Dataset> {
  const filters = filtersOf(options);
  const place = await placeOfData(name, options.datasetsDir, io, report);
  await requireDataset(place.name, place.datasetsDir);
  const dataset = await openDataset({
    ...place,
    from: options.from,
    options: options.option,
    signal: io.signal,
    report,
  });
  return { ...dataset, interactions: applyFilters(dataset.interactions, filters) };
}
