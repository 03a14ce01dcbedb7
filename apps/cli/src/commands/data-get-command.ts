import { getDataset } from "@sequitur/data";
import type { Command } from "commander";
import { requireDataset, withDatasetsDir } from "../arguments/datasets-folder.js";
import type { Io } from "../io.js";
import { withProgress } from "../progress/progress-view.js";
import { textTable } from "../text-table.js";
import { withSharedOptions, withExamples, type SharedOptions } from "./shared-options.js";

interface Options extends SharedOptions {
  readonly from?: string;
  readonly datasetsDir: string;
}

/** `sequitur data get NAME`. */
export function dataGetCommand(data: Command, io: Io): void {
  const command = data
    .command("get")
    .description("fetch the raw files of a data set; an interrupted download goes on where it stopped")
    .argument("<name>", 'a data set of "sequitur data list"')
    .option("--from <dir>", "copy the files from this folder in place of a download");
  withExamples(withSharedOptions(withDatasetsDir(command), "what was fetched"), [
    "sequitur data get ml-100k",
    "sequitur data get foursquare-nyc --from ../shared/datasets/foursquare-nyc",
  ]);
  command.action(async (name: string, options: Options) => {
    const { datasetsDir } = options;
    await requireDataset(name, datasetsDir);
    const got = await withProgress(io, options.quiet === true, (report) =>
      getDataset({
        name,
        datasetsDir,
        from: options.from,
        fetch: io.fetch,
        signal: io.signal,
        report,
      }),
    );
    if (options.json === true) {
      io.stdout.write(`${JSON.stringify(got, null, 2)}\n`);
      return;
    }
    if (got.files.length === 0) io.stdout.write(`${name} is generated when it is used; there is nothing to fetch.\n`);
    const checked = { equal: "checksum equal", unknown: "no checksum known" };
    const rows = got.files.map((file) => [file.path, file.state, checked[file.checksum]]);
    io.stdout.write(textTable(rows, io.stdout.columns ?? 120));
    if (options.quiet !== true) io.stderr.write(`\nNext: sequitur data stats ${name}\n`);
  });
}
