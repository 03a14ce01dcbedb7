import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** What code a result is of. */
export interface CodeVersion {
  /** What reports show: the commit, with + when tracked files differ from it; null outside of a git checkout. */
  readonly commit: string | null;
  /** Part of the keys of finished pieces: the commit, and + with a digest of the code that differs, where some does. */
  readonly key: string | null;
}

/** What a result may depend on, tests not; documents, settings and reports that lie in the checkout are no code. */
const CODE = [
  ":(glob)**/src/**",
  ":(glob)**/assembly/**",
  ":(glob)**/*.mjs",
  "package-lock.json",
  ":(exclude)*.test.ts",
];

const run = promisify(execFile);

/** The version of the checkout that holds a folder, of the one that the code runs from by default. */
export async function codeVersion(folder: string = dirname(fileURLToPath(import.meta.url))): Promise<CodeVersion> {
  const git = async (cwd: string, ...words: readonly string[]): Promise<string> =>
    (await run("git", words, { cwd, timeout: 5_000, maxBuffer: 2 ** 26 })).stdout;
  try {
    const commit = (await git(folder, "rev-parse", "HEAD")).trim();
    if ((await git(folder, "status", "--porcelain", "--untracked-files=no")).trim() === "")
      return { commit, key: commit };
    const root = (await git(folder, "rev-parse", "--show-toplevel")).trim();
    const changed = await git(root, "diff", "HEAD", "--no-renames", "--name-only", "-z", "--", ...CODE);
    // New files alone change nothing that runs: none of the commit's reads them.
    if (changed === "") return { commit: `${commit}+`, key: commit };
    const added = await git(root, "ls-files", "--others", "--exclude-standard", "-z", "--", ...CODE);
    const names = (changed + added)
      .split("\0")
      .filter((name) => name !== "")
      .sort();
    return { commit: `${commit}+`, key: `${commit}+${await digestOfFiles(root, names)}` };
  } catch {
    return { commit: null, key: null };
  }
}

/** SHA-256 over names and contents, a file that is gone included. */
async function digestOfFiles(root: string, names: readonly string[]): Promise<string> {
  const all = createHash("sha256");
  for (const name of names) {
    const bytes = await readFile(join(root, name)).catch(() => null);
    all.update(`${name}\0${bytes === null ? "gone" : createHash("sha256").update(bytes).digest("hex")}\0`);
  }
  return all.digest("hex");
}
