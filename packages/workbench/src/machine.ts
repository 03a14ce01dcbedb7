import { execFile } from "node:child_process";
import { availableParallelism, cpus, release, totalmem, type as systemName } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** One line that says what the timings were taken on. */
export function machineText(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  return `${model}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${systemName()} ${release()}`;
}

/** The commit of the checkout that the code runs from, with + when files differ from it; null outside of one. */
export async function codeCommit(): Promise<string | null> {
  const cwd = dirname(fileURLToPath(import.meta.url));
  try {
    const { stdout: commit } = await run("git", ["rev-parse", "HEAD"], { cwd, timeout: 5_000 });
    const { stdout: changes } = await run("git", ["status", "--porcelain", "--untracked-files=no"], {
      cwd,
      timeout: 5_000,
    });
    return commit.trim() + (changes.trim() === "" ? "" : "+");
  } catch {
    return null;
  }
}
