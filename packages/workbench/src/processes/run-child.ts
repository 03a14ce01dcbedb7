import { PlatformError, throwIfCancelled, type Report } from "@sequitur/core";
import { fork, type ChildProcess } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { ChildMessage } from "./child-messages.js";

/** What a child process gets from outside. */
export interface ChildRun {
  readonly signal?: AbortSignal;
  readonly report?: Report;
  /** The process may not hold more; absent = no limit. */
  readonly memoryBytes?: number;
}

const KILL_AFTER_MS = 2_000;
const MEMORY_POLL_MS = 200;
const KEPT_ERROR_TEXT = 4_000;

/**
 * Runs a task in a process of its own, made from a file that calls `serveChild`: its memory is its own, and its crash is
 * its own failure. Resolves when the child says that it is done and rejects with the reason when it is not. Aborting ends
 * the child; a child that does not listen is killed after two seconds.
 */
export async function runChild(file: string, task: object, { signal, report, memoryBytes }: ChildRun): Promise<void> {
  throwIfCancelled(signal);
  const child = fork(file, [], {
    execArgv: childArguments(file, memoryBytes),
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let errorText = "";
  child.stderr
    ?.setEncoding("utf8")
    .on("data", (text: string) => (errorText = (errorText + text).slice(-KEPT_ERROR_TEXT)));
  let last: ChildMessage | undefined;
  child.on("message", (message: ChildMessage) => {
    if (message.kind === "progress") report?.(message.progress);
    else last = message;
  });
  const stopWatching = memoryBytes === undefined ? undefined : watchMemory(child, memoryBytes);
  const end = await ended(child, task, signal);
  const tooMuch = stopWatching?.();
  if (signal?.aborted || end.signal === "SIGINT") throw new PlatformError("cancelled", "the work was cancelled.");
  if (last?.kind === "failed") throw new PlatformError(last.code, last.message);
  if (tooMuch !== undefined) throw new PlatformError("out-of-memory", tooMuch);
  if (last?.kind !== "done") throw deathOf(end, errorText);
}

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

function ended(child: ChildProcess, task: object, signal: AbortSignal | undefined): Promise<End> {
  return new Promise((resolve) => {
    let killer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      child.kill("SIGTERM");
      killer = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
    };
    const finish = (end: End): void => {
      clearTimeout(killer);
      signal?.removeEventListener("abort", stop);
      resolve(end);
    };
    signal?.addEventListener("abort", stop, { once: true });
    child.once("error", (error) => finish({ code: null, signal: null, error }));
    child.once("close", (code, name) => finish({ code, signal: name }));
    child.send(task, (error) => {
      // A child that died before it got its task reports that by its end.
      if (error) child.kill("SIGKILL");
    });
  });
}

/** The file of the child beside a module, in source or built: `childFile(import.meta.url, "child")`. */
export function childFile(moduleUrl: string, name: string): string {
  const file = fileURLToPath(moduleUrl);
  return join(dirname(file), name + extname(file));
}

/** From source (tests, development) the child needs the loader and the condition that its parent has. */
function childArguments(file: string, memoryBytes: number | undefined): string[] {
  const limit = memoryBytes === undefined ? [] : [`--max-old-space-size=${Math.ceil(memoryBytes / 2 ** 20)}`];
  if (!file.endsWith(".ts")) return limit;
  const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  return [...limit, "--conditions", "@sequitur/source", "--import", loader];
}

/** Kills the child when its resident set exceeds the limit; needs /proc, elsewhere only the heap is limited. */
function watchMemory(child: ChildProcess, limit: number): () => string | undefined {
  let exceeded: string | undefined;
  const timer = setInterval(() => {
    void residentBytes(child.pid).then((bytes) => {
      if (bytes <= limit || exceeded !== undefined) return;
      exceeded = `the process may hold ${mib(limit)}, got ${mib(bytes)}: out of memory.`;
      child.kill("SIGKILL");
    });
  }, MEMORY_POLL_MS);
  return () => {
    clearInterval(timer);
    return exceeded;
  };
}

async function residentBytes(pid: number | undefined): Promise<number> {
  try {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

function deathOf(end: End, errorText: string): PlatformError {
  if (end.error) return new PlatformError("unavailable", `the process could not start: ${end.error.message}.`);
  if (/heap out of memory|Array buffer allocation failed/.test(errorText)) {
    return new PlatformError("out-of-memory", "the process ran out of memory (JavaScript heap).");
  }
  if (end.signal === "SIGKILL") {
    return new PlatformError(
      "out-of-memory",
      "the process was killed by the system (SIGKILL), most likely out of memory.",
    );
  }
  const how = end.signal === null ? `with exit code ${end.code}` : `by ${end.signal}`;
  const line = errorText
    .split("\n")
    .find((text) => /error/i.test(text))
    ?.trim();
  return new PlatformError("unavailable", `the process ended ${how} before its result${line ? `: ${line}` : "."}`);
}
