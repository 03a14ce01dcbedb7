import { PlatformError } from "@sequitur/core";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, resolve } from "node:path";

/**
 * PGlite opens a folder that another process has open, and both then write over each other. So a lock file stands
 * beside the folder, made exclusively, that names its process. A lock of a live process is never taken; one whose
 * process is gone is, by the one process that wins the exclusive make of a second file.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = `${resolve(folder)}.lock`;
  await mkdir(dirname(path), { recursive: true });
  if (!(await make(path))) {
    const holder = await holderOf(path);
    if (holder.alive) throw inUse(folder, path, holder.text);
    const claim = `${path}.claim`;
    if (!(await make(claim))) {
      if ((await holderOf(claim)).alive) throw inUse(folder, path, "another process that is starting");
      await rm(claim, { force: true });
      throw inUse(folder, path, "a process that died while starting; start again");
    }
    try {
      // Somebody may have taken it over between the look and the claim.
      if ((await holderOf(path)).alive) throw inUse(folder, path, "another process");
      await rm(path, { force: true });
      if (!(await make(path))) throw inUse(folder, path, "another process");
    } finally {
      await rm(claim, { force: true });
    }
  }
  return () => rm(path, { force: true });
}

async function make(path: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    try {
      await file.writeFile(`${process.pid} ${await startOf(process.pid)} ${hostname()}\n`);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "EEXIST") return false;
    throw error;
  }
}

async function holderOf(path: string): Promise<{ alive: boolean; text: string }> {
  let text: string;
  try {
    text = (await readFile(path, "utf8")).trim();
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return { alive: false, text: "" };
    throw error;
  }
  const [pid = "", start = "", host = ""] = text.split(" ");
  const process = `process ${pid} on ${host}`;
  // An empty file was made this very moment; a process on another host cannot be asked.
  if (!/^\d+$/.test(pid) || host !== hostname()) return { alive: true, text: process };
  if (!isRunning(Number(pid))) return { alive: false, text: process };
  // A process id is used again after a restart of the machine; the instant of its start is not.
  return { alive: start === (await startOf(Number(pid))), text: process };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}

/** When a process started: the machine's boot and clock ticks since it. "?" where the system does not tell. */
async function startOf(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return `${boot.trim()}/${ticks}`;
  } catch {
    return "?";
  }
}

function inUse(folder: string, path: string, holder: string): PlatformError {
  return new PlatformError(
    "unavailable",
    `the database folder ${folder} is in use by ${holder} (lock ${path}): stop it, or choose another folder.`,
  );
}
