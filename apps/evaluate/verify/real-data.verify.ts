import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { evaluate, leaderboardText, parseExperiment, type Report } from "../src/index.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const copies = process.env["SEQUITUR_DATASETS"] ?? resolve(root, "../shared/datasets");

/** The experiment of a file on the local copy of its data; skips where there is none. */
function onData(name: string, data: string, check: (report: Report) => void): void {
  const from = join(copies, data);
  test.skipIf(!existsSync(from))(`${name} (needs ${from})`, async () => {
    const file = join(root, "apps/evaluate/experiments", `${name}.json`);
    const written = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
    const experiment = parseExperiment(
      { ...written, data: { name: data, from, datasetsDir: join(root, "datasets") } },
      file,
    );
    const out = await mkdtemp(join(tmpdir(), `${name}-`));
    onTestFinished(() => rm(out, { recursive: true, force: true }));
    const report = await evaluate(experiment, { out });
    process.stdout.write(`${leaderboardText(report, { columns: 140, color: false })}\n`);
    expect(report.models.filter(({ error }) => error !== null)).toEqual([]);
    check(report);
  });
}

function means(report: Report, ...metrics: string[]): Record<string, number[]> {
  return Object.fromEntries(
    report.models.map((model) => [model.label, metrics.map((metric) => model.metrics[metric]!.mean)]),
  );
}

/** Agreement with the published figure to four digits and a half. */
function near(found: readonly number[] | undefined, expected: readonly number[], tolerance = 0.0005): void {
  expected.forEach((value, i) => {
    expect(Math.abs(found![i]! - value), `got ${found}, expected ${expected}`).toBeLessThanOrEqual(tolerance);
  });
}

onData("parity-ml-100k", "ml-100k", (report) => {
  expect(report.protocol).toMatchObject({ masked: true, rankedItems: 1682, queries: { test: 943, testUsed: 943 } });
  const found = means(report, "ndcg@10", "recall@10");
  near(found["popularity"], [0.045, 0.0859]);
  near(found["item-knn"], [0.0619, 0.1124]);
  near(found["ease"], [0.0698, 0.1347]);
});

onData("parity-ml-1m", "ml-1m", (report) => {
  expect(report.protocol).toMatchObject({ masked: true, rankedItems: 3706, queries: { test: 6040, testUsed: 6040 } });
  const found = means(report, "ndcg@10", "recall@10");
  near(found["popularity"], [0.0194, 0.0394]);
  near(found["item-knn"], [0.0366, 0.0727]);
  near(found["ease"], [0.0472, 0.0969]);
});

onData("foursquare-nyc", "foursquare-nyc", (report) => {
  expect(report.protocol).toMatchObject({ masked: false });
  const found = means(report, "hit@1", "hit@5", "hit@10", "hit@20", "mrr");
  near(found["personal"], [0.236, 0.531, 0.66, 0.754, 0.37], 0.01);
});

onData("amazon-beauty", "amazon-beauty", (report) => {
  expect(report.protocol).toMatchObject({ masked: true });
  const found = means(report, "recall@10");
  expect(found["item-knn"]![0]).toBeGreaterThan(found["popularity"]![0]!);
});
