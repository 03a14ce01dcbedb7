import { constants, existsSync } from "node:fs";
import { copyFile, rm } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { PlatformError, throwIfCancelled } from "@sequitur/core";
import { moveIntoPlace, placeAtomically } from "@sequitur/core/files";
import { findFile, openSourceFolder, type SourceFolder } from "../sources/source-folder.js";
import { sha256Of } from "./checksum.js";
import { download, type DownloadRun } from "./download.js";
import { readManifest, type DatasetManifest, type ManifestFile } from "./manifest.js";
import { unpackMember } from "./zip-member.js";

export interface GetRequest extends DownloadRun {
  readonly name: string;
  readonly datasetsDir: string;
  /** Copy from this folder instead of downloading. */
  readonly from?: string | undefined;
}

/** What became of one file. */
export interface GotFile {
  /** Below the raw folder. */
  readonly path: string;
  readonly state: "downloaded" | "copied" | "present" | "left out";
  /** "equal" to the manifest's sha256, or "unknown": the manifest has none, or it was not looked at again. */
  readonly checksum: "equal" | "unknown";
}

export interface GotDataset {
  /** The raw folder, which `openDataset` reads. */
  readonly directory: string;
  readonly files: readonly GotFile[];
}

/** Below the raw folder, while a download lasts. */
const ARCHIVES = ".archives";

/**
 * Brings the raw files of a data set to `datasetsDir/NAME/raw`: downloaded and unpacked, or copied from a local folder
 * (where a subset or another form may stand for the upstream file). Each file appears whole and checked or not at all;
 * what is there already is kept. A wrong checksum is `bad-data` and the file is removed.
 */
export async function getDataset(request: GetRequest): Promise<GotDataset> {
  const manifest = await readManifest(request.datasetsDir, request.name);
  const directory = join(request.datasetsDir, request.name, "raw");
  if (manifest.files.length === 0) return { directory, files: [] };
  const files =
    request.from === undefined
      ? await downloadFiles(manifest, directory, request)
      : await copyFiles(manifest, directory, await openSourceFolder(request.from), request);
  return { directory, files };
}

async function copyFiles(
  manifest: DatasetManifest,
  directory: string,
  folder: SourceFolder,
  run: GetRequest,
): Promise<GotFile[]> {
  const got: GotFile[] = [];
  for (const file of manifest.files) {
    throwIfCancelled(run.signal);
    const choices = [{ path: file.path, sha256: file.sha256 }, ...file.alternatives];
    const choice = chooseCopy(folder, choices);
    if (choice === undefined) {
      if (!file.optional)
        throw missingCopy(
          folder,
          choices.map(({ path }) => path),
        );
      got.push({ path: file.path, state: "left out", checksum: "unknown" });
      continue;
    }
    const path = relative(folder.path, choice.found);
    const checksum = await placeAtomically(join(directory, path), async (temporary) => {
      await copyFile(choice.found, temporary, constants.COPYFILE_FICLONE);
      return checkSum({ file: temporary, name: path, expected: choice.sha256, origin: choice.found }, run);
    });
    got.push({ path, state: "copied", checksum });
  }
  return got;
}

interface Choice {
  readonly path: string;
  readonly sha256?: string | undefined;
}

/**
 * The first form that the folder has, preferably under the very name; a packed copy of a file that is listed unpacked
 * will do, but its checksum is not known.
 */
function chooseCopy(folder: SourceFolder, choices: readonly Choice[]): { found: string; sha256?: string } | undefined {
  const isPacked = (path: string): boolean => path.endsWith(".gz");
  let packed: string | undefined;
  for (const { path, sha256 } of choices) {
    const found = findFile(folder, [path]);
    if (found === undefined) continue;
    if (isPacked(found) === isPacked(path)) return { found, ...(sha256 !== undefined && { sha256 }) };
    packed ??= found;
  }
  return packed === undefined ? undefined : { found: packed };
}

function missingCopy(folder: SourceFolder, paths: readonly string[]): PlatformError {
  const shown = folder.files.length === 0 ? "an empty folder" : folder.files.join(", ");
  return new PlatformError("not-found", `${folder.path}: expected ${paths.join(" or ")}, got ${shown}.`);
}

/** A local copy of another form, taken earlier, counts as present: it is not replaced by upstream's file. */
async function downloadFiles(manifest: DatasetManifest, directory: string, run: GetRequest): Promise<GotFile[]> {
  const present = existsSync(directory) ? await openSourceFolder(directory) : undefined;
  const got: GotFile[] = [];
  for (const file of manifest.files) {
    const path = join(directory, file.path);
    if (existsSync(path) && (file.sha256 === undefined || (await sha256Of(path, run)) === file.sha256)) {
      got.push({ path: file.path, state: "present", checksum: file.sha256 === undefined ? "unknown" : "equal" });
      continue;
    }
    const other = present && chooseCopy(present, file.alternatives);
    if (other !== undefined) {
      got.push({ path: relative(directory, other.found), state: "present", checksum: "unknown" });
      continue;
    }
    if (file.urls.length === 0) {
      if (!file.optional) throw noAddress(manifest, file);
      got.push({ path: file.path, state: "left out", checksum: "unknown" });
      continue;
    }
    const fetched = await fetchOne(file, directory, run);
    const { path: name, sha256: expected } = file;
    const checksum = await checkSum({ file: fetched, name, expected, origin: file.urls[0]! }, run);
    await moveIntoPlace(fetched, path);
    got.push({ path: name, state: "downloaded", checksum });
  }
  await rm(join(directory, ARCHIVES), { recursive: true, force: true });
  return got;
}

function noAddress({ name, source }: DatasetManifest, file: ManifestFile): PlatformError {
  return new PlatformError(
    "unavailable",
    `data set ${name}: ${file.path} cannot be downloaded by a program; get it from ${source} and name its folder with --from.`,
  );
}

/** The file under a temporary name: downloaded, or unpacked from an archive that is fetched once for all its members. */
async function fetchOne(file: ManifestFile, directory: string, run: GetRequest): Promise<string> {
  const target = join(directory, `${file.path}.new`);
  const isArchived = file.member !== undefined;
  const failures: PlatformError[] = [];
  for (const url of file.urls) {
    const archive = join(directory, ARCHIVES, basename(new URL(url).pathname));
    try {
      const path = isArchived ? archive : target;
      if (!isArchived || !existsSync(archive)) await download(url, path, run);
      if (file.member === undefined) return target;
      await unpackMember(archive, file.member, target, run);
      return target;
    } catch (error) {
      if (!(error instanceof PlatformError) || error.code === "cancelled") throw error;
      // A damaged archive would stay damaged: the next run must fetch it anew.
      if (error.code === "bad-data") await rm(archive, { force: true });
      failures.push(error);
    }
  }
  const [first] = failures;
  throw failures.length === 1 ? first! : allFailed(file, failures);
}

function allFailed(file: ManifestFile, failures: readonly PlatformError[]): PlatformError {
  const reasons = failures.map((failure) => failure.message).join(" | ");
  return new PlatformError(failures[0]!.code, `${file.path}: none of ${file.urls.length} addresses worked: ${reasons}`);
}

interface CheckedFile {
  readonly file: string;
  /** The file's name in an error. */
  readonly name: string;
  readonly expected: string | undefined;
  readonly origin: string;
}

/** "equal", or "unknown" where the manifest has no checksum; another checksum is `bad-data`, and the file goes. */
async function checkSum({ file, name, expected, origin }: CheckedFile, run: GetRequest): Promise<GotFile["checksum"]> {
  if (expected === undefined) return "unknown";
  const found = await sha256Of(file, run);
  if (found === expected) return "equal";
  await rm(file, { force: true });
  throw new PlatformError("bad-data", `${origin}: expected ${basename(name)} with sha256 ${expected}, got ${found}.`);
}
