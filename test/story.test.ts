import { parseReport, type Report } from "@sequitur/evaluate";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchFolder, sequitur } from "./program.fixture.js";

const USERS = 40;
const ITEMS = 30;
const STEPS = 12;

/** Everybody walks the shelf from a place of their own: what follows an item is known, how popular it is says nothing. */
function clicks(): string {
  const lines = ["when,shopper,article"];
  for (let step = 0; step < STEPS; step++) {
    for (let user = 0; user < USERS; user++) {
      lines.push(`${1_700_000_000 + 3600 * step + user},shopper ${user},"article ${(7 * user + step) % ITEMS}"`);
    }
  }
  return `${lines.join("\n")}\n`;
}

const reportIn = async (out: string): Promise<Report> => {
  const path = join(out, "report.json");
  return parseReport(JSON.parse(await readFile(path, "utf8")), path);
};

/** Everything but clocks, memory and what differs on purpose. */
function numbers({ models, data, protocol, best }: Report): unknown {
  const found = models.map(({ runs: _runs, tuning, ...model }) => ({
    ...model,
    trials: tuning?.trials.map(({ rungs, ...trial }) => ({ ...trial, values: rungs.map(({ value }) => value) })),
    chosen: tuning?.chosen,
  }));
  return { found, data, protocol, best };
}

test("own log to report, without a network: import, stats, tuned evaluation, and the same again from its report", async () => {
  const folder = await scratchFolder();
  const log = join(folder, "clicks.csv");
  await writeFile(log, clicks());
  const shop = join(folder, "sets", "shop");
  const map = "user=shopper,item=article,time=when:s";
  const imported = await sequitur("data", "import", log, "--map", map, "--out", shop, "--json", "--quiet");
  expect(imported).toMatchObject({ code: 0, err: "" });
  expect(JSON.parse(imported.out)).toMatchObject({ users: USERS, items: ITEMS, interactions: USERS * STEPS });

  const from = ["--datasets-dir", join(folder, "sets")];
  const stats = await sequitur("data", "stats", "shop", ...from, "--json", "--quiet");
  expect(JSON.parse(stats.out)).toEqual(JSON.parse(imported.out));

  const first = join(folder, "first");
  const asked = ["--models", "popularity,markov", "--tune", "3", "--k", "1,5", "--out", first];
  const evaluated = await sequitur("evaluate", "--data", "shop", ...from, ...asked);
  expect(evaluated.code).toBe(0);
  expect(evaluated.out).toMatch(/^markov +1\.0+ ± 0\.\d+ +best/m);
  expect(evaluated.out).toContain(join(first, "report.html"));
  expect(evaluated.err).toContain("What to try next:");
  expect(await readdir(first)).toEqual(["queries.safetensors", "report.html", "report.json"]);
  expect(await readFile(join(first, "report.html"), "utf8")).toMatch(/^<!doctype html>[^]*<\/html>\n?$/i);
  const report = await reportIn(first);
  expect(report).toMatchObject({ best: "markov", data: { fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) } });
  expect(report.models[0]!.metrics["hit@1"]).toMatchObject({ mean: 1, high: 1 });
  // Forty hits of forty leave room for a miss: no interval of a rate has width 0.
  expect(report.models[0]!.metrics["hit@1"]!.low).toBeLessThan(1);
  expect(report.models.map(({ tuning }) => tuning?.trials.length)).toEqual([3, 3]);

  const second = join(folder, "second");
  const repeated = await sequitur("evaluate", "--config", join(first, "report.json"), "--out", second, "--quiet");
  expect(repeated).toMatchObject({ code: 0, err: "" });
  expect(numbers(await reportIn(second))).toEqual(numbers(report));
}, 60_000);
