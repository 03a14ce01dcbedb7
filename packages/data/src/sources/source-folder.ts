import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { PlatformError, type Report } from "@sequitur/core";

/** What long work is given: where to report, and how it is stopped. */
export interface ImportRun {
  readonly report?: Report | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How deep below the folder files are looked for: archives unpack into a folder of their own. */
const MAX_DEPTH = 4;

/** A folder of raw files; importers ask for files by pattern, so that subsets and packed copies are found too. */
export interface SourceFolder {
  readonly path: string;
  /** Paths of every file, relative to the folder, with "/" between parts, sorted; hidden ones left out. */
  readonly files: readonly string[];
}

/** Lists a folder; `not-found` when there is none. */
export async function openSourceFolder(path: string): Promise<SourceFolder> {
  const isFolder = existsSync(path) && (await stat(path)).isDirectory();
  if (!isFolder) throw new PlatformError("not-found", `expected a folder with the raw files, found none at ${path}.`);
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((file) => file.split("/").length <= MAX_DEPTH && !/(^|\/)\./.test(file))
    .sort();
  return { path, files };
}

/**
 * The path of the one file that matches the first pattern with a match, or undefined. `*` stands for any run of
 * characters within a name; a pattern without "/" is looked for in subfolders too; ".gz" may follow. Of several
 * matches the plain one at the lowest depth is taken; two equals are `bad-data`.
 */
export function findFile(folder: SourceFolder, patterns: readonly string[]): string | undefined {
  for (const pattern of patterns) {
    const matcher = patternMatcher(pattern);
    const found = folder.files
      .filter((file) => matcher.test(pattern.includes("/") ? file : basename(file)))
      .map((file) => ({ file, rank: file.split("/").length * 2 + (file.endsWith(".gz") ? 1 : 0) }))
      .sort((a, b) => a.rank - b.rank);
    const [first, second] = found;
    if (first === undefined) continue;
    if (second !== undefined && second.rank === first.rank) {
      throw new PlatformError(
        "bad-data",
        `${folder.path}: expected one file like ${pattern}, got ${first.file} and ${second.file}.`,
      );
    }
    return join(folder.path, first.file);
  }
  return undefined;
}

/** As `findFile`, but `not-found` when nothing matches; the message lists what the folder does hold. */
export function requireFile(folder: SourceFolder, patterns: readonly string[]): string {
  const found = findFile(folder, patterns);
  if (found !== undefined) return found;
  const shown = folder.files.slice(0, 12).join(", ");
  const rest = folder.files.length > 12 ? `, and ${folder.files.length - 12} more` : "";
  throw new PlatformError(
    "not-found",
    `${folder.path}: expected a file like ${patterns.join(" or ")}, got ${shown === "" ? "an empty folder" : shown}${rest}.`,
  );
}

function patternMatcher(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", "[^/]*");
  return new RegExp(`(^|/)${escaped}(\\.gz)?$`);
}
