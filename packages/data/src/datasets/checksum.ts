import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { throwIfCancelled } from "@sequitur/core";
import type { ImportRun } from "../sources/source-folder.js";

/** sha256 (hex) of a file's bytes. */
export async function sha256Of(path: string, run: ImportRun): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    throwIfCancelled(run.signal);
    hash.update(chunk as Buffer);
  }
  return hash.digest("hex");
}
