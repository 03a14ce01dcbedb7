import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const execute = promisify(execFile);
const MAX_LINES = 30;

/** What each example must say. */
const EXPECTED: Readonly<Record<string, RegExp>> = {
  "compare-models.ts": /^session-knn .*\n[^]*popularity/m,
  "first-recommendation.ts": /^[A-Z][a-z ]+ \(\d\.\d\d\)$[^]*after a kettle: [a-z-]+/m,
  "next-place.ts": /^\S+ .* -?\d+\.\d\d$/m,
  "own-metric.ts": /item-knn: hit@3 0\.\d\d, coverage [01]\.\d\d/,
  "own-model.ts": /^recency /m,
  "serve-and-call.ts": /^\S+ - .+$[^]*after a kettle: \S+/m,
  "simulate.ts": /^oracle /m,
};

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sequitur-examples-"));
  await copyFile("clicks.csv", join(folder, "clicks.csv"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("names every example", async () => {
  const files = (await readdir(".")).filter((name) => name.endsWith(".ts") && !name.includes(".test."));
  expect(files.sort()).toEqual(Object.keys(EXPECTED).sort());
});

it.each(Object.entries(EXPECTED))(
  "%s is short, runs, and says what it should",
  async (name, expected) => {
    expect((await readFile(name, "utf8")).trimEnd().split("\n").length).toBeLessThanOrEqual(MAX_LINES);
    const file = join(import.meta.dirname, name);
    const { stdout, stderr } = await execute(process.execPath, ["--import", import.meta.resolve("tsx"), file], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: "1" },
    });
    expect(stderr).toBe("");
    expect(stdout).toMatch(expected);
  },
  120_000,
);
