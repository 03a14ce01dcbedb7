import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parseConfig, PlatformError, type Interactions } from "@sequitur/core";
import type { z } from "zod";
import { loadPrepared, savePrepared } from "../prepared/prepared-file.js";
import type { Importer } from "../sources/importer.js";
import { readMapped } from "../sources/mapped.js";
import { mappedOptions } from "../sources/mapping.js";
import { findFile, openSourceFolder, type ImportRun, type SourceFolder } from "../sources/source-folder.js";
import { datasetFrom, type Dataset, type DatasetAbout } from "./dataset.js";
import { importers } from "./importers.js";
import { datasetNames, readManifest, type DatasetManifest, type ManifestFile } from "./manifest.js";

/** Raised when an importer reads the same files differently, so that older prepared files are not used. */
const PREPARED_VERSION = 2;

/** A manifest, and what of it is on this machine. */
export interface ListedDataset {
  readonly manifest: DatasetManifest;
  /** "generated" needs no files; "ready" has its raw files; "absent" must be fetched; "no-importer" cannot be read. */
  readonly state: "generated" | "ready" | "absent" | "no-importer";
}

/** Every data set with a manifest below `datasetsDir`, by name. */
export async function listDatasets(datasetsDir: string): Promise<ListedDataset[]> {
  const listed: ListedDataset[] = [];
  for (const name of await datasetNames(datasetsDir)) {
    const manifest = await readManifest(datasetsDir, name);
    listed.push({ manifest, state: await stateOf(manifest, join(datasetsDir, name, "raw")) });
  }
  return listed;
}

async function stateOf(manifest: DatasetManifest, raw: string): Promise<ListedDataset["state"]> {
  if (manifest.importer === null) return "no-importer";
  if (manifest.files.length === 0) return "generated";
  if (!existsSync(raw)) return "absent";
  const folder = await openSourceFolder(raw);
  const isThere = (file: ManifestFile): boolean =>
    file.optional || findFile(folder, [file.path, ...file.alternatives.map(({ path }) => path)]) !== undefined;
  return manifest.files.every(isThere) ? "ready" : "absent";
}

export interface OpenRequest extends ImportRun {
  readonly name: string;
  /** The folder that holds one folder a data set. */
  readonly datasetsDir: string;
  /** A local copy of the raw files, read in place; else they are expected in `datasetsDir/NAME/raw`. */
  readonly from?: string | undefined;
  /** On top of the manifest's options, such as a city's size; the importer checks them. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  /** Keep the imported form in `datasetsDir/NAME/prepared` and use it next time (default true). */
  readonly cache?: boolean | undefined;
}

/**
 * A data set by name. The prepared form is used again only for the same files (by path, size and time of change) and
 * options; a folder that cannot be written to is no error, it only costs the import next time.
 */
export async function openDataset(request: OpenRequest): Promise<Dataset> {
  const { name, datasetsDir } = request;
  const manifest = await readManifest(datasetsDir, name);
  const importer = importerOf(manifest);
  const about = aboutOf(manifest);
  const options = { ...manifest.options, ...request.options };
  const folder = await rawFolder(manifest, request);
  const isCached = manifest.files.length > 0 && request.cache !== false;
  const prepared = join(datasetsDir, name, "prepared", `${await preparedKey(manifest, folder, options)}.safetensors`);
  if (isCached && existsSync(prepared)) {
    try {
      return { ...(await loadPrepared(prepared)), ...about };
    } catch (error) {
      // A damaged cache is no reason to stop: the raw files are here, and the import below replaces it.
      if (!(error instanceof PlatformError) || error.code !== "bad-artifact") throw error;
    }
  }
  const imported = await importer({ folder, options }, request);
  const notes = [...imported.notes, ...differenceNotes(manifest, imported.interactions)];
  const dataset = datasetFrom(about, { ...imported, notes }, manifest.timeZone);
  if (isCached) await keepPrepared(prepared, dataset);
  return dataset;
}

/** A note when the files hold other counts than upstream publishes: a subset, or another edition. */
function differenceNotes({ expected }: DatasetManifest, { catalog, size }: Interactions): string[] {
  const found = { users: catalog.users.size, items: catalog.items.size, interactions: size };
  const differences = (["users", "items", "interactions"] as const)
    .filter((key) => expected[key] !== undefined && expected[key] !== found[key])
    .map((key) => `${found[key]} of ${expected[key]} ${key}`);
  return differences.length === 0 ? [] : [`Not upstream's whole files: ${differences.join(", ")}.`];
}

export type ImportOptions = z.input<typeof mappedOptions>;

export interface ImportDatasetRequest extends ImportRun {
  readonly name: string;
  readonly title?: string | undefined;
  /** Coming back to an item is normal (default false). */
  readonly revisits?: boolean | undefined;
  /** Files by path, the mapping of their columns, and how they are written. */
  readonly source: ImportOptions;
}

/** A data set from files of one's own: CSV, TSV, JSON Lines or Parquet, by a mapping of columns. */
export async function importDataset(request: ImportDatasetRequest): Promise<Dataset> {
  const source = parseConfig(mappedOptions, request.source, "import options");
  const imported = await readMapped(source, request);
  const { name, title = name, revisits = false } = request;
  return datasetFrom({ name, title, licence: "as the files' owner says", citation: "", revisits }, imported);
}

function importerOf(manifest: DatasetManifest): Importer {
  const { name } = manifest;
  if (manifest.importer === null) {
    throw new PlatformError(
      "unavailable",
      `data set ${name} has no importer in this version, it is only listed: see its README.md.`,
    );
  }
  const importer = importers.get(manifest.importer);
  if (importer !== undefined) return importer;
  throw new PlatformError(
    "bad-data",
    `data set ${name}: expected an importer among ${[...importers.keys()].join(", ")}, got "${manifest.importer}".`,
  );
}

function aboutOf({ name, title, licence, citation, revisits }: DatasetManifest): DatasetAbout {
  return { name, title, licence, citation, revisits };
}

async function rawFolder(manifest: DatasetManifest, { datasetsDir, from }: OpenRequest): Promise<SourceFolder> {
  if (from !== undefined) return openSourceFolder(from);
  if (manifest.files.length === 0) return { path: "", files: [] };
  const path = join(datasetsDir, manifest.name, "raw");
  if (existsSync(path)) return openSourceFolder(path);
  throw new PlatformError(
    "not-found",
    `data set ${manifest.name} is not on this machine: fetch it with "sequitur data get ${manifest.name}", or name a local copy with --from.`,
  );
}

async function preparedKey(
  manifest: DatasetManifest,
  folder: SourceFolder,
  options: Readonly<Record<string, unknown>>,
): Promise<string> {
  const files: unknown[] = [];
  for (const file of folder.files) {
    const { size, mtimeMs } = await stat(join(folder.path, file));
    files.push([file, size, mtimeMs]);
  }
  const { importer, timeZone, expected } = manifest;
  const key = JSON.stringify([
    PREPARED_VERSION,
    importer,
    options,
    timeZone ?? "",
    expected,
    resolve(folder.path),
    files,
  ]);
  return createHash("sha256").update(key).digest("hex").slice(0, 16);
}

const UNWRITABLE = new Set(["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT"]);

async function keepPrepared(path: string, dataset: Dataset): Promise<void> {
  if (!existsSync(dirname(dirname(path)))) return;
  try {
    await savePrepared(path, dataset);
  } catch (error) {
    if (!UNWRITABLE.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}
