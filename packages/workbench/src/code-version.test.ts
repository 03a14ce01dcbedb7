import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { codeVersion } from "./code-version.js";

const run = promisify(execFile);

async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sequitur-version-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("edits that change code change the key and nothing else does; reports show the commit alone", async () => {
  const root = await scratch();
  const git = (...words: readonly string[]) =>
    run("git", ["-c", "user.name=any", "-c", "user.email=any@localhost", ...words], { cwd: root });
  const write = (name: string, text: string) => writeFile(join(root, name), text);
  await mkdir(join(root, "one/src"), { recursive: true });
  await mkdir(join(root, "out"));
  await write("one/src/a.ts", "1");
  await write("one/src/b.ts", "1");
  await write("README.md", "1");
  await git("init", "-q");
  await git("add", ".");
  await git("commit", "-qm", "first");
  const commit = (await git("rev-parse", "HEAD")).stdout.trim();
  const version = () => codeVersion(join(root, "one/src"));
  expect(await version()).toEqual({ commit, key: commit });
  // New files that nothing reads yet: no change to what runs, as git has it.
  for (const name of ["out/report.json", "one/src/new.ts"]) await write(name, "1");
  expect(await version()).toEqual({ commit, key: commit });
  // A document on top: an experiment that is resumed keeps its pieces.
  await write("README.md", "2");
  expect(await version()).toEqual({ commit: `${commit}+`, key: commit });

  const keys: (string | null)[] = [commit];
  const expectNew = async () => {
    const { commit: shown, key } = await version();
    expect(shown).toBe(`${commit}+`);
    expect(key!.startsWith(`${commit}+`)).toBe(true);
    expect(keys).not.toContain(key);
    keys.push(key);
  };
  await write("one/src/a.ts", "2");
  await expectNew();
  await write("one/src/a.ts", "3");
  await expectNew();
  await write("one/src/c.ts", "1");
  await expectNew();
  await write("one/src/c.ts", "2");
  await expectNew();
  await rm(join(root, "one/src/b.ts"));
  await expectNew();
  // What is staged is the same code, also where git would take one/src/b.ts for renamed.
  await git("add", "one");
  for (const name of ["README.md", "out/report.json", "one/src/a.test.ts"]) await write(name, "9");
  expect((await version()).key).toBe(keys.at(-1));
});

test("outside of a checkout nothing is known", async () => {
  expect(await codeVersion(await scratch())).toEqual({ commit: null, key: null });
});
