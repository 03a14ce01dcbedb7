import { PlatformError } from "@sequitur/core";
import { datasetNames } from "@sequitur/data";
import type { Command } from "commander";

/** Where data sets are kept: in the folder that the program runs in. */
export const DATASETS_FOLDER = "datasets";

/** Adds --datasets-dir. */
export function withDatasetsDir(command: Command): Command {
  return command.option("--datasets-dir <dir>", "where data sets are kept", DATASETS_FOLDER);
}

/** Throws `bad-config` unless there is a data set of this name; a wrong name is a wrong argument, not a failure. */
export async function requireDataset(name: string, folder: string): Promise<void> {
  const names = await datasetNames(folder);
  if (names.includes(name)) return;
  throw new PlatformError(
    "bad-config",
    `expected a data set of ${folder} or one that comes with sequitur (${names.join(", ")}), got "${name}".`,
  );
}
