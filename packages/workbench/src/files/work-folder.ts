/**
 * `<out>/.progress`, the state of an unfinished experiment. Open: a lock names the process that works in it. Left:
 * the experiment was interrupted; the pieces it finished and the checkpoints of fits that were under way stay for
 * `resume`, everything else is gone. Gone: the
 * experiment finished, or started anew without `resume`.
 */
import { PlatformError } from "@sequitur/core";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson } from "./canonical-json.js";

export interface WorkFolder {
  /** A file that lives as long as the process: data for children, fitted models between rungs. */
  scratch(name: string): string;
  /** The place of a finished piece; equal keys give equal places. */
  piece(key: unknown): string;
  /** A folder for the checkpoints of the fit of a piece; made by whoever writes there. */
  checkpoints(key: unknown): string;
  /** Gives the folder up but keeps pieces and checkpoints, if there are any. */
  leave(): Promise<void>;
  /** Removes everything. */
  remove(): Promise<void>;
}

/** Locks the folder; without `resume` what an interrupted experiment left there is thrown away. */
export async function openWorkFolder(out: string, resume: boolean): Promise<WorkFolder> {
  const root = join(out, ".progress");
  const scratch = join(root, "scratch");
  const pieces = join(root, "pieces");
  const checkpoints = join(root, "checkpoints");
  const lock = join(root, "lock");
  await mkdir(root, { recursive: true });
  await takeLock(lock, out);
  await rm(scratch, { recursive: true, force: true });
  if (!resume) for (const old of [pieces, checkpoints]) await rm(old, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  await mkdir(pieces, { recursive: true });
  return {
    scratch: (name) => join(scratch, name),
    piece: (key) => join(pieces, `${digestOf(key)}.safetensors`),
    checkpoints: (key) => join(checkpoints, digestOf(key)),
    async leave() {
      await rm(scratch, { recursive: true, force: true });
      await rm(lock, { force: true });
      // What is empty is of no use to a resume; a folder that is not refuses to go.
      const fits = await readdir(checkpoints).catch(() => []);
      for (const folder of [...fits.map((name) => join(checkpoints, name)), checkpoints, pieces, root])
        await rmdir(folder).catch(() => undefined);
    },
    async remove() {
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** SHA-256 of a value's canonical JSON, in hex. */
export function digestOf(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

async function takeLock(lock: string, out: string): Promise<void> {
  for (;;) {
    try {
      await writeFile(lock, String(process.pid), { flag: "wx" });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = Number(await readFile(lock, "utf8").catch(() => "0"));
    if (owner > 0 && isAlive(owner)) {
      throw new PlatformError("unavailable", `${out} must not be in use, got an experiment of process ${owner} in it.`);
    }
    await rm(lock, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
