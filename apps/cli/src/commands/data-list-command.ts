import { listDatasets, type ListedDataset } from "@sequitur/data";
import type { Command } from "commander";
import { withDatasetsDir } from "../arguments/datasets-folder.js";
import type { Io } from "../io.js";
import { textTable } from "../text-table.js";
import { withSharedOptions, withExamples, type SharedOptions } from "./shared-options.js";

const STATES: Readonly<Record<ListedDataset["state"], string>> = {
  generated: "generated, nothing to fetch",
  ready: "ready",
  absent: "not fetched",
  "no-importer": "not readable yet",
};

interface Options extends SharedOptions {
  readonly datasetsDir: string;
}

/** `sequitur data list`. */
export function dataListCommand(data: Command, io: Io): void {
  const command = data
    .command("list")
    .description("show every data set that can be used by name, and whether it is on this machine");
  withExamples(withSharedOptions(withDatasetsDir(command), "the list"), [
    "sequitur data list",
    "sequitur data list --json",
  ]);
  command.action(async (options: Options) => {
    const listed = await listDatasets(options.datasetsDir);
    if (options.json === true) {
      const rows = listed.map(({ manifest, state }) => ({ ...manifest, state }));
      io.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
      return;
    }
    const rows = listed.map(({ manifest, state }) => [manifest.name, STATES[state], manifest.title]);
    io.stdout.write(textTable([["name", "state", "title"], ...rows], io.stdout.columns ?? 120));
    if (options.quiet !== true) io.stderr.write('\n"sequitur data get NAME" fetches one.\n');
  });
}
