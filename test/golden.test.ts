import { baselineNames, parseReport } from "@sequitur/evaluate";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { scratchFolder, sequitur } from "./program.fixture.js";

/** `GOLDEN=write npx vitest run golden.test.ts` renews it; the commit that does says why the numbers moved. */
const FILE = fileURLToPath(new URL("golden/city.json", import.meta.url));

interface Golden {
  readonly fingerprint: string;
  readonly means: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

test("a small seeded city gives the numbers that it always gave", async () => {
  const out = join(await scratchFolder(), "city");
  const city = ["--city", "size=tiny,seed=7", "--split", "temporal:validationFrom=0.8,testFrom=0.9"];
  const asked = [
    "--metrics",
    "ndcg,recall,mrr",
    "--exclude",
    "nothing",
    "--oracle",
    "--threads",
    "1",
    "--resamples",
    "200",
  ];
  const ended = await sequitur("evaluate", ...city, ...asked, "--no-breakdowns", "--out", out, "--json", "--quiet");
  expect(ended).toMatchObject({ code: 0, err: "" });
  const { data, models } = parseReport(JSON.parse(ended.out), "stdout");
  const means = models.map(({ label, metrics }) => {
    const columns = Object.entries(metrics).flatMap(([name, { mean, low, high }]) => [
      [name, mean] as const,
      [`${name} low`, low] as const,
      [`${name} high`, high] as const,
    ]);
    return [label, Object.fromEntries(columns)] as const;
  });
  const found: Golden = { fingerprint: data.fingerprint, means: Object.fromEntries(means) };
  if (process.env["GOLDEN"] === "write") await writeFile(FILE, `${JSON.stringify(found, null, 2)}\n`);
  const golden = JSON.parse(await readFile(FILE, "utf8")) as Golden;
  // Other data first: then the means must differ, and say nothing about the models.
  expect(found.fingerprint).toBe(golden.fingerprint);
  expect(Object.keys(golden.means).sort()).toEqual([...baselineNames, "oracle"].sort());
  const near = Object.entries(golden.means).map(([label, metrics]) => {
    const columns = Object.entries(metrics).map(([name, value]) => [name, expect.closeTo(value, 9)] as const);
    return [label, Object.fromEntries(columns)] as const;
  });
  expect(found.means).toEqual(Object.fromEntries(near));
}, 60_000);
