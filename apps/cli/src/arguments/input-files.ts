import { PlatformError } from "@sequitur/core";
import { existsSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Files that programs leave beside the parts of a table. */
const SIDE_FILE = /^[._]|\.crc$/;

/** The files that the arguments name: files, folders of parts (as Spark writes them) and globs, which a shell may not have read. */
export async function inputFiles(given: readonly string[]): Promise<string[]> {
  const lists = await Promise.all(given.map(filesOf));
  return lists.flat();
}

async function filesOf(path: string): Promise<string[]> {
  if (existsSync(path)) return statSync(path).isDirectory() ? partsOf(path) : [path];
  if (!/[*?]/.test(path)) return [path];
  const folder = await globFolder(dirname(path), path);
  const pattern = matcher(basename(path));
  const found = (await readdir(folder)).filter((name) => pattern.test(name)).sort();
  if (found.length > 0) return (await Promise.all(found.map((name) => filesOf(join(folder, name))))).flat();
  throw new PlatformError("not-found", `expected files like ${path}, found none.`);
}

async function globFolder(folder: string, path: string): Promise<string> {
  if (existsSync(folder)) return folder;
  throw new PlatformError("not-found", `expected files like ${path}, found no folder ${folder}.`);
}

async function partsOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const parts = entries
    .filter((entry) => entry.isFile() && !SIDE_FILE.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (parts.length > 0) return parts;
  throw new PlatformError("not-found", `expected files in the folder ${folder}, found none.`);
}

function matcher(pattern: string): RegExp {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${escaped}$`);
}
