import { PlatformError, type Report } from "@sequitur/core";
import {
  datasetNames,
  importFlags,
  mappedOptions,
  profileFile,
  readManifest,
  type MappedOptions,
} from "@sequitur/data";
import { existsSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { nameAfter } from "../arguments/dataset-name.js";
import { inputFiles } from "../arguments/input-files.js";
import type { Io } from "../io.js";
import { addDataset } from "./add-dataset.js";
import { importCommandOf } from "./data-profile-command.js";
import { filesByPart, type FilesByPart, type PartFlags } from "./part-options.js";

/** Where a data set is: its name and the folder of data sets that it lies in. */
export interface DatasetPlace {
  readonly name: string;
  readonly datasetsDir: string;
}

/** Whether the data set at a place comes with parts of its own. */
export async function hasParts({ name, datasetsDir }: DatasetPlace): Promise<boolean> {
  const { importer, options } = await readManifest(datasetsDir, name);
  const source = importer === "mapped" ? mappedOptions.safeParse(options).data : undefined;
  return source !== undefined && (source.test.length > 0 || source.mapping.part !== undefined);
}

/**
 * The place of what `--data` names: a data set by name; the folder of one (`mine/shop`, as `data import --out` makes it);
 * or a file, or a folder of the files of a split, which is imported first when its mapping is plain, and else refused with
 * the command to complete.
 */
export async function placeOfData(
  given: string,
  datasetsDir: string,
  io: Io,
  report: Report,
  flags: PartFlags = {},
): Promise<DatasetPlace> {
  if (existsSync(join(given, "dataset.json"))) return { name: basename(given), datasetsDir: dirname(given) };
  const isName = !/[./\\]/.test(given) && (await datasetNames(datasetsDir)).includes(given);
  if (!isName && existsSync(given)) return importFile(given, datasetsDir, io, report, flags);
  if (flags.validation === undefined && flags.test === undefined) return { name: given, datasetsDir };
  throw new PlatformError("bad-config", `--validation and --test go with a file as --data, got "${given}".`);
}

async function importFile(
  file: string,
  datasetsDir: string,
  io: Io,
  report: Report,
  flags: PartFlags,
): Promise<DatasetPlace> {
  const name = nameAfter(file);
  const parts = await filesByPart([file], await inputFiles([file]), flags);
  const run = { report, signal: io.signal };
  const profile = await profileFile(parts.files[0]!, {}, run);
  const { options, proposal } = profile;
  if (options === undefined || proposal.doubts.length > 0) {
    throw new PlatformError(
      "bad-config",
      `${file}: expected columns that show user, item and time; not sure of ${proposal.doubts.join("; ")}. ` +
        `Import it first, with what is right: ${importCommandOf(file, profile, flags)}`,
    );
  }
  const source: MappedOptions = { ...options, ...withArrays(parts) };
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
  const named = { files: names(source.files), validation: names(source.validation), test: names(source.test) };
  const isSame = JSON.stringify({ ...source, ...named }) === JSON.stringify(options);
  const all = [...source.files, ...source.validation, ...source.test];
  return isSame && all.every((file) => isCopy(file, join(datasetsDir, name, "raw", basename(file))));
}

function names(files: readonly string[]): string[] {
  return files.map((file) => basename(file));
}

function withArrays({ files, validation, test }: FilesByPart): Pick<MappedOptions, "files" | "validation" | "test"> {
  return { files: [...files], validation: [...validation], test: [...test] };
}

function isCopy(file: string, copy: string): boolean {
  if (!existsSync(copy)) return false;
  const [own, kept] = [statSync(file), statSync(copy)];
  return own.size === kept.size && own.mtimeMs <= kept.mtimeMs;
}
