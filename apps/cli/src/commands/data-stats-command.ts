import { datasetStats, type Dataset, type DatasetStats } from "@sequitur/data";
import type { Command } from "commander";
import type { Io } from "../io.js";
import { withProgress } from "../progress/progress-view.js";
import { textTable } from "../text-table.js";
import { openNamed, withOpenOptions, type OpenOptions } from "./open-options.js";
import { withSharedOptions, withExamples, type SharedOptions } from "./shared-options.js";

type Options = SharedOptions & OpenOptions;

/** `sequitur data stats NAME`. */
export function dataStatsCommand(data: Command, io: Io): void {
  const command = withOpenOptions(data.command("stats").description("say what a data set looks like"));
  withExamples(withSharedOptions(command, "the statistics"), [
    "sequitur data stats city",
    "sequitur data stats foursquare-nyc --from ../shared/datasets/foursquare-nyc",
    "sequitur data stats ml-100k --filter k-core:user=5,item=5 --json",
  ]);
  command.action(async (name: string, options: Options) => {
    const dataset = await withProgress(io, options.quiet === true, (report) => openNamed(name, options, io, report));
    const stats = datasetStats(dataset.interactions);
    io.stdout.write(options.json === true ? statsJson(dataset, stats) : await statsText(dataset, stats));
  });
}

/** The statistics of a data set as people read them; shared by import and stats. */
export async function statsText(dataset: Dataset, stats: DatasetStats): Promise<string> {
  const { statWords } = await import("@sequitur/evaluate");
  const notes = dataset.notes.map((note) => ["note", note]);
  // Notes are sentences: cut, they would say something else.
  return textTable([["data set", dataset.title], ...statWords({ ...stats }), ...notes], Infinity);
}

/** The same for programs. */
export function statsJson(dataset: Dataset, stats: DatasetStats): string {
  const { name, title, notes, fingerprint } = dataset;
  return `${JSON.stringify({ name, title, fingerprint, notes, ...stats }, null, 2)}\n`;
}
