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

/** The process in a lock; `mark` tells it from a later one of the same number, null where the system does not say. */
interface LockOwner {
  readonly pid: number;
  readonly mark: string | null;
}

/** Takes the lock unless its process still runs. Numbers of processes are used again, so its start must agree too. */
async function takeLock(lock: string, out: string): Promise<void> {
  for (;;) {
    try {
      const owner: LockOwner = { pid: process.pid, mark: await processMark(process.pid) };
      await writeFile(lock, JSON.stringify(owner), { flag: "wx" });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = await lockOwner(lock);
    if (owner !== undefined && (await isOwnerAlive(owner))) {
      throw new PlatformError(
        "unavailable",
        `${out} must not be in use, got an experiment of process ${owner.pid} in it. ` +
          `If that process is no experiment, delete ${lock} and start again; --resume keeps what is finished.`,
      );
    }
    await rm(lock, { force: true });
  }
}

/** Undefined where the lock is gone or names no process. */
async function lockOwner(lock: string): Promise<LockOwner | undefined> {
  try {
    const { pid, mark } = JSON.parse(await readFile(lock, "utf8")) as Partial<LockOwner>;
    return Number.isInteger(pid) && pid! > 0 ? { pid: pid!, mark: mark ?? null } : undefined;
  } catch {
    return undefined;
  }
}

async function isOwnerAlive({ pid, mark }: LockOwner): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const now = await processMark(pid);
  return mark === null || now === null || mark === now;
}

/** When the process started, in ticks since the boot, which is named too; null where there is no /proc. */
async function processMark(pid: number): Promise<string | null> {
  try {
    const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The name of the program, in brackets, may hold anything; the start is the 20th field after it.
    const start = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return start === undefined ? null : `${boot} ${start}`;
  } catch {
    return null;
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
