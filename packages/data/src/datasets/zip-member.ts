import { createWriteStream } from "node:fs";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { PlatformError } from "@sequitur/core";
import { placeAtomically } from "@sequitur/core/files";
import { openPromise, type Entry } from "yauzl";
import type { ImportRun } from "../sources/source-folder.js";

/**
 * Unpacks one file of a zip archive, atomically; yauzl checks its size and CRC. The member is found by its path, or by
 * its name alone when just one file has it. A damaged archive is `bad-data`.
 */
export async function unpackMember(archive: string, member: string, path: string, run: ImportRun): Promise<void> {
  await placeAtomically(path, (temporary) => unpackTo(temporary, archive, member, run));
}

async function unpackTo(path: string, archive: string, member: string, run: ImportRun): Promise<void> {
  try {
    const zip = await openPromise(archive, { lazyEntries: true, autoClose: false });
    try {
      const entries: Entry[] = [];
      for await (const entry of zip.eachEntry()) entries.push(entry);
      const stream = await zip.openReadStreamPromise(findEntry(archive, entries, member));
      await pipeline(stream, createWriteStream(path), run.signal ? { signal: run.signal } : {});
    } finally {
      zip.close();
    }
  } catch (cause) {
    if (cause instanceof PlatformError) throw cause;
    if (run.signal?.aborted) throw new PlatformError("cancelled", "the work was cancelled.", { cause });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PlatformError("bad-data", `${archive}: expected a zip archive with ${member}, got: ${reason}`, { cause });
  }
}

function findEntry(archive: string, entries: readonly Entry[], member: string): Entry {
  const exact = entries.find((entry) => entry.fileName === member);
  if (exact !== undefined) return exact;
  const named = entries.filter((entry) => basename(entry.fileName) === basename(member));
  if (named.length === 1) return named[0]!;
  const shown = entries.slice(0, 12).map((entry) => entry.fileName);
  throw new PlatformError("bad-data", `${archive}: expected a member ${member}, got ${shown.join(", ")}.`);
}
