import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { checkSameData, repeatedData, resumeLine } from "./repeated-report.js";

test("a report that is repeated on other data is an error that names both", () => {
  const before = repeatedData({ format: "sequitur-report/1", data: { fingerprint: "aaaaaaaaaaaaaaaa" } }, "old.json");
  expect(() => checkSameData(before, "bbbbbbbbbbbbbbbb", "again")).toThrow(
    "the data are not those of old.json: their fingerprint was aaaaaaaaaaaa... and is now bbbbbbbbbbbb...",
  );
  expect(() => checkSameData(before, "aaaaaaaaaaaaaaaa", "again")).not.toThrow();
});

test("an experiment promises nothing of its data", () => {
  expect(repeatedData({ data: "ml-100k", models: ["ease"] }, "x.json")).toBeUndefined();
  expect(repeatedData(undefined, "x.json")).toBeUndefined();
  expect(() => checkSameData(undefined, "b", "again")).not.toThrow();
});

test("--resume says what it finds, also when it is nothing", async () => {
  const out = await mkdtemp(join(tmpdir(), "resume-"));
  onTestFinished(() => rm(out, { recursive: true, force: true }));
  expect(await resumeLine(out)).toBe(`Nothing to resume in ${out}: the experiment starts from the beginning.\n`);
  await mkdir(join(out, ".progress", "pieces"), { recursive: true });
  await writeFile(join(out, ".progress", "pieces", "a.safetensors"), "");
  expect(await resumeLine(out)).toContain("1 finished fits and 0 with checkpoints");
});
