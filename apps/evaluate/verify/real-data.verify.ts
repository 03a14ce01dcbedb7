import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { evaluate, leaderboardText, parseExperiment, type Report } from "../src/index.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const copies = process.env["SEQUITUR_DATASETS"] ?? resolve(root, "../shared/datasets");

/** Whether there is a local copy; SEQUITUR_DATASETS names the folder that holds them. */
const has = (data: string): boolean => existsSync(join(copies, data));

/** The report of an experiment file on the local copy; its leaderboard goes to the terminal. */
async function reportOf(name: string, data: string): Promise<Report> {
  const file = join(root, "apps/evaluate/experiments", `${name}.json`);
  const written = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  const source = { name: data, from: join(copies, data), datasetsDir: join(root, "datasets") };
  const out = await mkdtemp(join(tmpdir(), `${name}-`));
  onTestFinished(() => rm(out, { recursive: true, force: true }));
  const report = await evaluate(parseExperiment({ ...written, data: source }, file), { out });
  process.stdout.write(`${leaderboardText(report, { columns: 140, color: false })}\n`);
  return report;
}

/** Label -> the means of some metrics; a model that failed shows its error in their place. */
function means(report: Report, ...metrics: string[]): Record<string, (number | string)[]> {
  return Object.fromEntries(
    report.models.map(({ label, error, metrics: found }) => [
      label,
      error === null ? metrics.map((metric) => found[metric]!.mean) : [error],
    ]),
  );
}

/** Within `tolerance` of a published figure. */
const near = (value: number, tolerance = 0.0005): unknown =>
  expect.toSatisfy((found: number) => Math.abs(found - value) <= tolerance);

test.skipIf(!has("ml-100k"))("MovieLens-100K agrees with the common evaluator", async () => {
  const report = await reportOf("parity-ml-100k", "ml-100k");
  expect(report.protocol).toMatchObject({ masked: true, rankedItems: 1682, queries: { test: 943, testUsed: 943 } });
  expect(means(report, "ndcg@10", "recall@10")).toEqual({
    popularity: [near(0.045), near(0.0859)],
    "item-knn": [near(0.0619), near(0.1124)],
    ease: [near(0.0698), near(0.1347)],
  });
});

test.skipIf(!has("ml-1m"))("MovieLens-1M agrees with the common evaluator", async () => {
  const report = await reportOf("parity-ml-1m", "ml-1m");
  expect(report.protocol).toMatchObject({ masked: true, rankedItems: 3706, queries: { test: 6040, testUsed: 6040 } });
  expect(means(report, "ndcg@10", "recall@10")).toEqual({
    popularity: [near(0.0194), near(0.0394)],
    "item-knn": [near(0.0366), near(0.0727)],
    ease: [near(0.0472), near(0.0969)],
  });
});

test.skipIf(!has("foursquare-nyc"))(
  "on Foursquare NYC the personal baseline repeats what was measured elsewhere",
  async () => {
    const report = await reportOf("foursquare-nyc", "foursquare-nyc");
    expect(report.protocol).toMatchObject({ masked: false });
    const found = means(report, "hit@1", "hit@5", "hit@10", "hit@20", "mrr");
    expect(found["personal (as published)"]).toEqual([0.236, 0.531, 0.66, 0.754, 0.37].map((value) => near(value)));
    // Counts of the query's own history are worth more than any weight.
    expect(found["personal"]![2]).toBeGreaterThan(0.7);
  },
);

test.skipIf(!has("amazon-beauty"))("Amazon Beauty runs end to end, and similar items beat popular ones", async () => {
  const report = await reportOf("amazon-beauty", "amazon-beauty");
  expect(report.protocol).toMatchObject({ masked: true });
  const found = means(report, "recall@10");
  expect(found["item-knn"]![0]).toBeGreaterThan(found["popularity"]![0] as number);
});
