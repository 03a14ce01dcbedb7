import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const PROGRAM = fileURLToPath(new URL("../packages/sequitur/bin/sequitur.js", import.meta.url));

/** What a run of the program left. */
export interface End {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `sequitur` as people run it: the built program, in a process of its own. */
export function start(argv: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [PROGRAM, ...argv], { env: { ...process.env, NO_COLOR: "1" } });
}

/** Resolves when the process has ended and said all it had to say. */
export async function ended(child: ChildProcessWithoutNullStreams): Promise<End> {
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const code = await new Promise<number | null>((resolve) => void child.once("close", resolve));
  return { code, out, err };
}

export function sequitur(...argv: readonly string[]): Promise<End> {
  return ended(start(argv));
}

/** A folder that is gone after the test. */
export async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sequitur-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
