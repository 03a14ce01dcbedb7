import type { Command } from "commander";
import type { Io } from "../io.js";
import { withProgress } from "../progress/progress-view.js";
import { withExamples, withSharedOptions, type SharedOptions } from "./shared-options.js";
import { withStore, withStoreOptions, type StoreFlags } from "./store-options.js";

interface Options extends SharedOptions, StoreFlags {
  readonly out: string;
}

/** `sequitur export`. */
export function exportCommand(program: Command, io: Io): void {
  const command = program
    .command("export")
    .description("write every interaction of the store to a Parquet file")
    .requiredOption("--out <file>", "where to; a file that is there is replaced");
  withExamples(withSharedOptions(withStoreOptions(command), "the count"), [
    "sequitur export --out interactions.parquet",
    "sequitur data import interactions.parquet --map user=userId,item=itemId,time=time:ms --name mine",
  ]);
  command.action(async (options: Options) => {
    const { exportStore } = await import("@sequitur/api");
    const rows = await withProgress(io, options.quiet === true, (report) =>
      withStore(io, options, report, (store) => exportStore({ store, file: options.out, report, signal: io.signal })),
    );
    const text = `${rows} interactions in ${options.out}\n`;
    io.stdout.write(options.json === true ? `${JSON.stringify({ rows, file: options.out })}\n` : text);
  });
}
