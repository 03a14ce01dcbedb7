import { PlatformError, type Report } from "@sequitur/core";
import {
  datasetManifest,
  datasetNames,
  openDataset,
  splitZipPath,
  type Dataset,
  type MappedOptions,
} from "@sequitur/data";
import { existsSync } from "node:fs";
import { constants, copyFile, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Name of the importer that manifests of own files use. */
const IMPORTER = "mapped";

export interface AddRequest {
  readonly name: string;
  readonly title: string;
  readonly datasetsDir: string;
  readonly revisits: boolean;
  /** Files by their paths on this machine. */
  readonly source: MappedOptions;
  /** Replace a data set of that name that was added this way before. */
  readonly force: boolean;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/**
 * Makes a data set of own files that every command then takes by name: `datasetsDir/NAME` with a manifest, a copy of
 * the files in raw/ and the imported form in prepared/. When anything goes wrong, what stood there before stays.
 */
export async function addDataset(request: AddRequest): Promise<Dataset> {
  const { name, datasetsDir, source, report, signal } = request;
  const home = join(datasetsDir, name);
  const paths = pathsOf(source);
  await checkFiles(paths);
  const names = storedNames(paths);
  const manifest = manifestOf(request, names);
  await checkName(request);
  const old = await setAside(home, request.force);
  try {
    await copyAll(names, join(home, "raw"));
    await writeFile(join(home, "dataset.json"), `${JSON.stringify(manifest, null, 2)}\n`);
    const dataset = await openDataset({ name, datasetsDir, report, signal });
    if (old !== undefined) await rm(old, { recursive: true, force: true });
    return dataset;
  } catch (error) {
    await rm(home, { recursive: true, force: true });
    if (old !== undefined) await rename(old, home);
    throw namingOwnFiles(error, home, names);
  }
}

/** Every file that an import reads. */
function pathsOf({ files, validation, test, items, users }: MappedOptions): string[] {
  return [...files, ...validation, ...test, ...[items, users].flatMap((table) => (table ? [table.file] : []))];
}

/** The copy that was being read is gone again: the error names the file that it was made of. */
function namingOwnFiles(error: unknown, home: string, names: ReadonlyMap<string, string>): unknown {
  if (!(error instanceof PlatformError)) return error;
  const message = [...names].reduce(
    (text, [file, name]) => text.replaceAll(join(home, "raw", name), file),
    error.message,
  );
  return new PlatformError(error.code, message, { cause: error });
}

function manifestOf({ name, title, revisits, source }: AddRequest, names: ReadonlyMap<string, string>): unknown {
  const nameOf = (file: string): string => names.get(file)!;
  const options: MappedOptions = {
    ...source,
    files: source.files.map(nameOf),
    validation: source.validation.map(nameOf),
    test: source.test.map(nameOf),
    ...(source.items && { items: { ...source.items, file: nameOf(source.items.file) } }),
    ...(source.users && { users: { ...source.users, file: nameOf(source.users.file) } }),
  };
  const manifest = {
    name,
    title,
    description: "Own files, added by sequitur data import.",
    source: "",
    licence: "As the owner of the files says.",
    importer: IMPORTER,
    options,
    files: [...new Set(pathsOf(options).map((path) => splitZipPath(path).archive))].map((path) => ({ path })),
    revisits,
  };
  const parsed = datasetManifest.safeParse(manifest);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new PlatformError("bad-config", `${issue.path.map(String).join(".")}: ${issue.message}.`);
}

/** What each file is called in raw/: its name, below the name of its folder where two have the same. */
function storedNames(files: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const file of files) {
    const { archive, member } = splitZipPath(file);
    const own = basename(archive);
    const isTaken = taken.has(own) && ![...names.keys()].some((other) => splitZipPath(other).archive === archive);
    const name = isTaken ? `part-${names.size}/${own}` : own;
    taken.add(name);
    names.set(file, member === undefined ? name : `${name}!${member}`);
  }
  return names;
}

async function copyAll(names: ReadonlyMap<string, string>, raw: string): Promise<void> {
  await mkdir(raw, { recursive: true });
  for (const [file, name] of names) {
    const target = join(raw, splitZipPath(name).archive);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(splitZipPath(file).archive, target, constants.COPYFILE_FICLONE);
  }
}

async function checkFiles(files: readonly string[]): Promise<void> {
  for (const file of files.map((path) => splitZipPath(path).archive)) {
    const isFile = existsSync(file) && (await stat(file)).isFile();
    if (!isFile) throw new PlatformError("not-found", `expected a file at ${file}, found none.`);
  }
}

/** The names of the data sets that come with the program stay theirs. */
async function checkName({ name, datasetsDir }: AddRequest): Promise<void> {
  if (existsSync(join(datasetsDir, name)) || !(await datasetNames(datasetsDir)).includes(name)) return;
  throw new PlatformError("bad-config", `${name} is a data set that comes with sequitur; choose another --name.`);
}

/** Moves an older data set of the name out of the way; only one that was added by hand, and only when asked to. */
async function setAside(home: string, force: boolean): Promise<string | undefined> {
  if (!existsSync(home)) return undefined;
  const file = join(home, "dataset.json");
  const text = existsSync(file) ? await readFile(file, "utf8") : "";
  if (!text.includes(`"importer": "${IMPORTER}"`)) {
    throw new PlatformError("bad-config", `${home} was not created by "data import"; choose another --name.`);
  }
  if (!force) throw new PlatformError("bad-config", `${home} exists already: --force replaces it.`);
  const old = `${home}.old`;
  await rm(old, { recursive: true, force: true });
  await rename(home, old);
  return old;
}
