import { existsSync } from "node:fs";
import type { Readable } from "node:stream";
import { PlatformError } from "@sequitur/core";
import { openPromise, type Entry, type ZipFile } from "yauzl";

/** `ratings.zip!ml/ratings.csv` names one file inside an archive; without `!` the archive must have just one. */
export function splitZipPath(path: string): { readonly archive: string; readonly member: string | undefined } {
  const at = path.search(/\.zip!/i);
  if (at < 0 || existsSync(path)) return { archive: path, member: undefined };
  return { archive: path.slice(0, at + 4), member: path.slice(at + 5) };
}

/** The name that says how the content is written: that of the member, or of the only file in an archive. */
export async function contentName(path: string): Promise<string> {
  const { archive, member } = splitZipPath(path);
  if (member !== undefined) return member;
  if (!/\.zip$/i.test(path) || !existsSync(archive)) return path;
  const { zip, entry } = await find(archive, undefined);
  zip.close();
  return entry.fileName;
}

/** A stream of one file in an archive; `close` frees the archive. */
export async function openZipMember(
  archive: string,
  member: string | undefined,
): Promise<{ stream: Readable; close: () => void }> {
  const { zip, entry } = await find(archive, member);
  return { stream: await zip.openReadStreamPromise(entry), close: () => zip.close() };
}

async function find(archive: string, member: string | undefined): Promise<{ zip: ZipFile; entry: Entry }> {
  let zip: ZipFile;
  const entries: Entry[] = [];
  try {
    zip = await openPromise(archive, { lazyEntries: true, autoClose: false });
    for await (const entry of zip.eachEntry()) if (isContent(entry.fileName)) entries.push(entry);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PlatformError("bad-data", `${archive}: expected a zip archive, got: ${reason}`, { cause });
  }
  const found = member === undefined ? entries : entries.filter(({ fileName }) => fileName === member);
  if (found.length === 1) return { zip, entry: found[0]! };
  zip.close();
  const shown = entries.slice(0, 12).map(({ fileName }) => `${archive}!${fileName}`);
  const wanted = member === undefined ? "one file" : `a file ${member}`;
  throw new PlatformError(
    "bad-config",
    `${archive}: expected ${wanted} in the archive, got ${entries.length}: name one as ${shown.join(" or ")}.`,
  );
}

function isContent(name: string): boolean {
  return !name.endsWith("/") && !/(?:^|\/)(?:__MACOSX\/|\.)/.test(name);
}
