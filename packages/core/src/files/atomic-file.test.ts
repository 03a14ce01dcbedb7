import type * as fs from "node:fs/promises";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { probeFolder, writeTogether } from "./atomic-file.js";

const full = vi.hoisted(() => ({ after: Infinity }));

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof fs>();
  return {
    ...real,
    open: async (...args: Parameters<typeof real.open>) => {
      const file = await real.open(...args);
      const writeFile = file.writeFile.bind(file);
      file.writeFile = async (data, ...rest) => {
        full.after -= data.length;
        if (full.after >= 0) return writeFile(data, ...rest);
        await writeFile("half of it");
        throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
      };
      return file;
    },
  };
});

let folder = "";
beforeEach(async () => {
  full.after = Infinity;
  folder = await mkdtemp(join(tmpdir(), "atomic-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

test("all files are replaced, and nothing else is left", async () => {
  await writeFile(join(folder, "a"), "old");
  await writeTogether([
    [join(folder, "b"), new Uint8Array([1, 2])],
    [join(folder, "a"), "new"],
  ]);
  expect(await readFile(join(folder, "a"), "utf8")).toBe("new");
  expect((await readdir(folder)).sort()).toEqual(["a", "b"]);
});

test("a disk that fills up half-way leaves every file as it was, and one line that says so", async () => {
  await writeFile(join(folder, "a"), "old");
  full.after = 3;
  const writing = writeTogether([
    [join(folder, "b"), "xx"],
    [join(folder, "a"), "new"],
  ]);
  await expect(writing).rejects.toMatchObject({
    code: "unavailable",
    message: `cannot write ${join(folder, "a")}: no space is left on the disk (ENOSPC).`,
  });
  expect(await readFile(join(folder, "a"), "utf8")).toBe("old");
  expect(await readdir(folder)).toEqual(["a"]);
});

test("probing makes the folder, leaves no trace, and finds a full disk", async () => {
  const deep = join(folder, "x", "y");
  await probeFolder(deep);
  expect(await readdir(deep)).toEqual([]);
  full.after = 100;
  await expect(probeFolder(deep)).rejects.toMatchObject({ message: expect.stringContaining("no space is left") });
  expect(await readdir(deep)).toEqual([]);
});
