import { PlatformError } from "@sequitur/core";
import type { Command } from "commander";
import { withDatasetsDir } from "../arguments/datasets-folder.js";
import type { Io } from "../io.js";
import { withProgress } from "../progress/progress-view.js";
import { collectAssignment, collectKind } from "../arguments/assignments.js";
import { openNamed, type OpenOptions } from "./open-options.js";
import { withExamples, withSharedOptions, type SharedOptions } from "./shared-options.js";
import { withStore, withStoreOptions, type StoreFlags } from "./store-options.js";

interface Options extends SharedOptions, StoreFlags, OpenOptions {
  readonly data: string;
}

/** `sequitur import`. */
export function importCommand(program: Command, io: Io): void {
  const command = program
    .command("import")
    .description("load a data set into the store; run it again to go on after a stop")
    .requiredOption("--data <name>", 'a data set of "sequitur data list", such as city')
    .option("--from <dir>", "read the raw files from this folder")
    .option("--option <key=value>", "option of the importer, such as size=small for city", collectAssignment)
    .option("--filter <kind:key=value>", "such as k-core:user=5,item=5; repeatable, in order", collectKind);
  withExamples(withSharedOptions(withStoreOptions(withDatasetsDir(command)), "the counts"), [
    "sequitur import --data city --option size=small",
    "sequitur import --data foursquare-nyc --from ../shared/datasets/foursquare-nyc",
  ]);
  command.action(async (options: Options) => {
    const { importInteractions } = await import("@sequitur/store");
    const imported = await withProgress(io, options.quiet === true, async (report) => {
      const dataset = await openNamed(options.data, options, io, report);
      return withStore(io, options, report, (store) =>
        importInteractions(store, dataset.interactions, { source: dataset.name, report, signal: io.signal }).catch(
          sayHow,
        ),
      );
    });
    const { rows, added } = imported;
    const text = `${added} interactions added, ${rows - added} were there already\n`;
    io.stdout.write(options.json === true ? `${JSON.stringify(imported)}\n` : text);
    if (options.quiet === true || options.json === true) return;
    io.stderr.write("\nNext: sequitur train --from-store --model session-knn\n");
  });
}

function sayHow(error: unknown): never {
  if (!(error instanceof PlatformError) || error.code !== "cancelled") throw error;
  const message = "stopped: what was written is kept, the same command goes on.";
  throw new PlatformError("cancelled", message, { cause: error });
}
