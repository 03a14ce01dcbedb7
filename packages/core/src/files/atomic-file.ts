import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PlatformError } from "../errors.js";

const PROBE_BYTES = 1 << 16;

/** Makes the folder and proves that it can be written to, so that hours of work are not lost at the end. */
export async function probeFolder(folder: string): Promise<void> {
  const probe = join(folder, `.probe-${randomBytes(6).toString("hex")}`);
  try {
    await mkdir(folder, { recursive: true });
    await writeAndSync(probe, new Uint8Array(PROBE_BYTES));
  } catch (cause) {
    throw cannotWrite(folder, cause);
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}

/**
 * Writes all files beside their places, syncs them, then renames them in the order given: on a full disk none of them
 * changes. A reader that sees the last one sees the others too.
 */
export async function writeTogether(
  files: readonly (readonly [path: string, bytes: Uint8Array | string])[],
): Promise<void> {
  const suffix = temporarySuffix();
  let at = "";
  try {
    for (const [path, bytes] of files) {
      at = path;
      await mkdir(dirname(path), { recursive: true });
      await writeAndSync(path + suffix, bytes);
    }
    for (const [path] of files) {
      at = path;
      await rename(path + suffix, path);
    }
    await syncFolders(files.map(([path]) => dirname(path)));
  } catch (cause) {
    await Promise.all(files.map(([path]) => rm(path + suffix, { force: true }).catch(() => undefined)));
    throw cannotWrite(at, cause);
  }
}

/** One file, written beside its place, synced and renamed. */
export async function writeAtomically(path: string, bytes: Uint8Array | string): Promise<void> {
  await writeTogether([[path, bytes]]);
}

/**
 * Gives `write` a path beside the place, syncs what it wrote there and renames it: for files that are too large to
 * hold, or that another library writes. An error of `write` goes to the caller; nothing is left behind then.
 */
export async function placeAtomically<T>(path: string, write: (temporary: string) => Promise<T>): Promise<T> {
  const temporary = path + temporarySuffix();
  try {
    await mkdir(dirname(path), { recursive: true }).catch((cause: unknown) => {
      throw cannotWrite(path, cause);
    });
    const result = await write(temporary);
    await moveIntoPlace(temporary, path);
    return result;
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined); // an error of `write` comes first
  }
}

/** Syncs a finished file and renames it; for a file that was written over several runs, such as a download. */
export async function moveIntoPlace(temporary: string, path: string): Promise<void> {
  try {
    const file = await open(temporary, "r+").catch(() => open(temporary, "r")); // a copy may be read-only
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolders([dirname(path)]);
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

/** Two writers of one place never share a temporary file. */
function temporarySuffix(): string {
  return `.${randomBytes(6).toString("hex")}.part`;
}

async function writeAndSync(path: string, bytes: Uint8Array | string): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Renames are on disk only when their folder is; systems that cannot sync a folder do without. */
async function syncFolders(folders: readonly string[]): Promise<void> {
  for (const folder of new Set(folders)) {
    const handle = await open(folder, "r").catch(() => undefined);
    await handle?.sync().catch(() => undefined);
    await handle?.close();
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "no space is left on the disk",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  EROFS: "the file system is read-only",
  ENOTDIR: "a part of the path is a file, not a folder",
  EEXIST: "a file of that name is in the way",
};

/** The one-line error of a failed write: which path, and why. */
export function cannotWrite(path: string, cause: unknown): PlatformError {
  const code = (cause as NodeJS.ErrnoException | null)?.code ?? "";
  const reason = REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new PlatformError("unavailable", `cannot write ${path}: ${reason}${code === "" ? "" : ` (${code})`}.`, {
    cause,
  });
}
