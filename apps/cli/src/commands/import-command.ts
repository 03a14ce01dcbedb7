import { parseSignals, PlatformError, type Signals } from "@sequitur/core";
import type { Dataset } from "@sequitur/data";
import type { ImportResult, Store } from "@sequitur/store";
import type { Command } from "commander";
import { withDatasetsDir } from "../arguments/datasets-folder.js";
import { SIGNALS_FLAG, SIGNALS_HELP, signalsOf } from "../arguments/signals-of.js";
import type { Io } from "../io.js";
import { withProgress } from "../progress/progress-view.js";
import { collectAssignment, collectKind } from "../arguments/assignments.js";
import { openNamed, type OpenOptions } from "./open-options.js";
import { withExamples, withSharedOptions, type SharedOptions } from "./shared-options.js";
import { withStore, withStoreOptions, type StoreFlags } from "./store-options.js";

interface Options extends SharedOptions, StoreFlags, OpenOptions {
  readonly signals?: string;
  readonly data: string;
  readonly dryRun?: boolean;
  readonly overwriteItems?: boolean;
}

/** `sequitur import`. */
export function importCommand(program: Command, io: Io): void {
  const command = program
    .command("import")
    .description("load a data set into the store; run it again to go on after a stop")
    .requiredOption("--data <name>", 'a data set of "sequitur data list", such as city')
    .option("--from <dir>", "read the raw files from this folder")
    .option("--option <key=value>", "option of the importer, such as size=small for city", collectAssignment)
    .option("--filter <kind:key=value>", "such as k-core:user=5,item=5; repeatable, in order", collectKind)
    .option(SIGNALS_FLAG, `${SIGNALS_HELP}; set for the store (default: the data set's)`)
    .option("--dry-run", "write nothing, say what would happen")
    .option("--overwrite-items", "let the data replace items that the API wrote");
  withExamples(withSharedOptions(withStoreOptions(withDatasetsDir(command)), "the counts"), [
    "sequitur import --data city --option size=small",
    "sequitur import --data shop --dry-run",
    "sequitur import --data foursquare-nyc --from ../shared/datasets/foursquare-nyc",
  ]);
  command.action(async (options: Options) => {
    const { importInteractions } = await import("@sequitur/store");
    const signals = await signalsOf(options.signals);
    let note = "";
    const imported = await withProgress(io, options.quiet === true, async (report) => {
      const dataset = await openNamed(options.data, options, io, report);
      return withStore(io, options, report, async (store) => {
        const { dryRun = false, overwriteItems = false } = options;
        if (!dryRun) note = await setSignals(store, dataset, signals);
        const { name: source, interactions, eventIds } = dataset;
        const how = { source, eventIds, dryRun, overwriteItems, report, signal: io.signal };
        return importInteractions(store, interactions, how).catch(sayHow);
      });
    });
    io.stdout.write(options.json === true ? `${JSON.stringify(imported)}\n` : summaryOf(imported, options.dryRun));
    if (options.quiet === true || options.json === true || options.dryRun === true) return;
    io.stderr.write(note);
    io.stderr.write("\nNext: sequitur train --from-store --model session-knn\n");
  });
}

/**
 * Sets what the store's events say: as asked, else as the data set says. Ratings without kinds keep their protocol: unless
 * the store says otherwise, visits count 1 each whatever their weight, as in an evaluation. A line on what was set, or "".
 */
async function setSignals(store: Store, { signals, interactions }: Dataset, asked: Signals | undefined) {
  const { readSignals, writeSignals } = await import("@sequitur/store");
  const given = asked ?? signals;
  if (given !== undefined) {
    await writeSignals(store, given);
    return "";
  }
  const { kind, weight } = interactions.context;
  if (kind !== undefined || weight === undefined || (await readSignals(store)) !== undefined) return "";
  await writeSignals(store, parseSignals("visit=1"));
  return "\nWeights not used: ratings protocol. To use them: --signals visit=weight, or rules such as visit>=4.\n";
}

function summaryOf({ rows, added, items }: ImportResult, dryRun = false): string {
  const head = dryRun ? "dry run, nothing was written\n" : "";
  const kept = "written or deleted through the API and kept so (--overwrite-items replaces what was written)";
  const conflict = items.kept === 0 ? "" : `${items.kept} items differ from the data: ${kept}\n`;
  return (
    `${head}${added} interactions added, ${rows - added} were there already\n` +
    `${items.added} items added, ${items.updated} updated, ${items.unchanged} unchanged\n${conflict}`
  );
}

function sayHow(error: unknown): never {
  if (!(error instanceof PlatformError) || error.code !== "cancelled") throw error;
  const message = "stopped: what was written is kept, the same command goes on.";
  throw new PlatformError("cancelled", message, { cause: error });
}
