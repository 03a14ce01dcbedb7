import { PlatformError } from "@sequitur/core";
import { datasetNames } from "@sequitur/data";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What the experiment schema has as its default. */
export const DEFAULT_FOLDER = "datasets";

/** Folder of the data set manifests: as given, else ./datasets if it has any, else the one of the program. */
export function datasetsFolder(given: string | undefined): string {
  if (given !== undefined) return given;
  if (hasManifests(DEFAULT_FOLDER)) return DEFAULT_FOLDER;
  return fileURLToPath(new URL("../../../../datasets", import.meta.url));
}

function hasManifests(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => existsSync(join(folder, name, "dataset.json")));
}

/** Throws `bad-config` unless there is a data set of this name; a wrong name is a wrong argument, not a failure. */
export async function requireDataset(name: string, folder: string): Promise<void> {
  const names = await datasetNames(folder);
  if (names.includes(name)) return;
  throw new PlatformError("bad-config", `expected a data set of ${folder} (${names.join(", ")}), got "${name}".`);
}
