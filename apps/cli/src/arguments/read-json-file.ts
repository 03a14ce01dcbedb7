import { PlatformError } from "@sequitur/core";
import { readFile } from "node:fs/promises";

/** The value of a JSON file that the user wrote: `not-found` without it, `bad-config` when it is not JSON. */
export async function readJsonFile(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new PlatformError("not-found", `expected a JSON file at ${path}, found none that can be read.`, { cause });
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, "")) as unknown;
  } catch (cause) {
    throw new PlatformError("bad-config", `${path}: expected JSON, got: ${(cause as Error).message}`, { cause });
  }
}
