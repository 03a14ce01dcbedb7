import { PlatformError } from "@sequitur/core";
import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

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
  const suffix = `.${randomBytes(6).toString("hex")}.part`;
  let at = "";
  try {
    for (const [path, bytes] of files) {
      at = path;
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
