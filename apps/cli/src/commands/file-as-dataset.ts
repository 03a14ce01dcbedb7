import { PlatformError, type Report } from "@sequitur/core";
import { importFlags, profileFile, readManifest, type MappedOptions } from "@sequitur/data";
import { existsSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { nameAfter } from "../arguments/dataset-name.js";
import { inputFiles } from "../arguments/input-files.js";
import type { Io } from "../io.js";
import { addDataset } from "./add-dataset.js";
import { importCommandOf } from "./data-profile-command.js";

/** Where a data set is: its name and the folder of data sets that it lies in. */
export interface DatasetPlace {
  readonly name: string;
  readonly datasetsDir: string;
}

/**
 * The place of what `--data` names: a data set by name; the folder of one (`mine/shop`, as `data import --out` makes it);
 * or a file, which is imported first when its mapping is plain, and else refused with the command to complete.
 */
export async function placeOfData(given: string, datasetsDir: string, io: Io, report: Report): Promise<DatasetPlace> {
  if (existsSync(join(given, "dataset.json"))) return { name: basename(given), datasetsDir: dirname(given) };
  const isFile = /[./\\]/.test(given) && existsSync(given);
  return isFile ? importFile(given, datasetsDir, io, report) : { name: given, datasetsDir };
}

async function importFile(file: string, datasetsDir: string, io: Io, report: Report): Promise<DatasetPlace> {
  const name = nameAfter(file);
  const files = await inputFiles([file]);
  const run = { report, signal: io.signal };
  const profile = await profileFile(files[0]!, {}, run);
  const { options, proposal } = profile;
  if (options === undefined || proposal.doubts.length > 0) {
    throw new PlatformError(
      "bad-config",
      `${file}: expected columns that show user, item and time; not sure of ${proposal.doubts.join("; ")}. ` +
        `Import it first, with what is right: ${importCommandOf(file, profile)}`,
    );
  }
  const source = { ...options, files };
  if (!(await isKept({ name, datasetsDir }, source))) {
    const about = { name, title: name, revisits: false, force: true };
    await addDataset({ ...about, datasetsDir, source, ...run });
  }
  io.stderr.write(`${file} is read as the data set ${name}: ${importFlags(proposal, options)}\n`);
  return { name, datasetsDir };
}

/** Whether the same files were imported before, the same way. */
async function isKept({ name, datasetsDir }: DatasetPlace, source: MappedOptions): Promise<boolean> {
  if (!existsSync(join(datasetsDir, name, "dataset.json"))) return false;
  const { importer, options } = await readManifest(datasetsDir, name);
  if (importer !== "mapped") return false;
  const files = source.files.map((file) => basename(file));
  const isSame = JSON.stringify({ ...source, files }) === JSON.stringify(options);
  return isSame && source.files.every((file) => isCopy(file, join(datasetsDir, name, "raw", basename(file))));
}

function isCopy(file: string, copy: string): boolean {
  if (!existsSync(copy)) return false;
  const [own, kept] = [statSync(file), statSync(copy)];
  return own.size === kept.size && own.mtimeMs <= kept.mtimeMs;
}
