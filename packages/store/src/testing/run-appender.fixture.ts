import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/** A process that runs the appender fixture. */
export interface Appender {
  /** Resolves with the first line that matches, and rejects when the process ends without one. */
  waitFor(pattern: RegExp): Promise<string>;
  /** All lines so far. */
  readonly lines: readonly string[];
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts the fixture on a folder or a URL; with `append` it appends until it is killed. */
export function runAppender(where: "folder" | "url", value: string, append = false, snapshot?: string): Appender {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const script = fileURLToPath(new URL("appender.fixture.ts", import.meta.url));
  const child = spawn(
    process.execPath,
    [
      "--conditions",
      "@sequitur/source",
      "--import",
      tsx,
      script,
      where,
      value,
      append ? "append" : "once",
      ...(snapshot === undefined ? [] : [snapshot]),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const lines: string[] = [];
  const waiters = new Set<() => void>();
  let rest = "";
  let ended = false;
  const gone = new Promise<void>((resolve) => {
    child.once("close", () => {
      ended = true;
      for (const wake of waiters) wake();
      resolve();
    });
  });
  child.stdout.on("data", (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split("\n");
    rest = parts.pop()!;
    lines.push(...parts);
    for (const wake of waiters) wake();
  });
  return {
    lines,
    waitFor: async (pattern) => {
      for (;;) {
        const line = lines.find((candidate) => pattern.test(candidate));
        if (line !== undefined) return line;
        if (ended) throw new Error(`the process ended without ${pattern}: ${lines.slice(-3).join(" | ")}`);
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            waiters.delete(wake);
            resolve();
          };
          waiters.add(wake);
        });
      }
    },
    kill: async () => {
      child.kill("SIGKILL");
      await gone;
    },
  };
}
