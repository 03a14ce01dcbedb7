import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { parseHTML } from "linkedom";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { levelText } from "../level-text.js";
import { parseReport, type Report } from "../report.js";
import { runTask } from "../run-task.js";
import { parseSettings } from "../settings.js";
import { simulate } from "../simulate.js";
import { summaryText } from "../summary-text.js";
import { reportPage } from "./report-page.js";

const EVIL = "<img src=x onerror=alert(1)>\u001B[2J";
let folder: string;
let report: Report;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sequitur-page-"));
  const settings = parseSettings(
    {
      title: EVIL,
      world: { kind: "latent", items: 20, groups: 4 },
      users: 400,
      days: 10,
      warmup: { days: 3 },
      slate: 4,
      seeds: 2,
      arms: [{ name: "random", label: EVIL }, "popularity", { name: "mine", module: "nowhere.js" }, "oracle"],
      concurrency: 1,
    },
    "test",
  );
  await simulate(settings, { out: folder }, (task, run) => runTask(task, run));
  // From its file, as whoever draws a page later reads it.
  report = parseReport(JSON.parse(await readFile(join(folder, "report.json"), "utf8")), folder);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a report that is another's, or lacks a field, is refused by name", () => {
  const { power: _power, ...without } = report;
  expect(() => parseReport(without, "r.json")).toThrow(
    "r.json: expected a report of format sequitur-simulation/1: power",
  );
  expect(() => parseReport({ ...report, format: "sequitur-simulation/2" }, "r.json")).toThrow("format: ");
  expect(() => parseReport(null, "r.json")).toThrow("r.json: expected a report");
});

describe("the page", () => {
  test("has the results, every chart, and what failed", () => {
    const { document } = parseHTML(reportPage(report));
    const sections = [...document.querySelectorAll("section")].map(({ id }) => id);
    expect(sections).toEqual(["results", "versus", "differences", "days", "test", "segments", "log", "words", "again"]);
    const charts = [...document.querySelectorAll("svg.chart")];
    // Three differences, two curves, a path and a forest for popularity, two histograms.
    expect(charts).toHaveLength(3 + 2 + 1 + 1 + 2);
    for (const chart of charts) {
      expect(chart.getAttribute("aria-label")).toBeTruthy();
      expect(chart.getAttribute("aria-description")).toBeTruthy();
      expect(chart.outerHTML).not.toContain("NaN");
    }
    expect(document.querySelector("tbody.failed")!.textContent).toContain("nowhere.js cannot be loaded");
    expect(document.querySelector("#results")!.textContent).toContain("ceiling");
  });

  test("loads nothing, runs nothing but its own script, and takes no text for markup", () => {
    const page = reportPage(report);
    const { document } = parseHTML(page);
    expect(document.querySelectorAll("img, link, iframe, script[src]")).toHaveLength(0);
    expect(page).not.toContain("<img src=x");
    const policy = document.querySelector("meta[http-equiv=Content-Security-Policy]")!.getAttribute("content");
    expect(policy).toContain("default-src 'none'");
    expect(reportPage(report)).toBe(page);
  });

  test("still reads when everything failed, and without regret or intervals", () => {
    const failed = report.arms.filter(({ error }) => error !== null);
    const { document } = parseHTML(reportPage({ ...report, arms: failed, sampleRatio: null, power: null }));
    expect(document.querySelector(".headline")!.textContent).toContain("nothing to compare");
    const plain = { ...report, config: { ...report.config, regret: false } };
    expect(parseHTML(reportPage(plain)).document.querySelector("#results")!.textContent).not.toContain("Regret");
  });
});

test("every text names the level of the settings", () => {
  const wide = { ...report, config: { ...report.config, alpha: 0.1 } };
  const parts = [...parseHTML(reportPage(wide)).document.querySelectorAll("header, section")];
  const words = `${parts.map((part) => part.textContent).join(" ")} ${summaryText(wide, { columns: 200, color: false })}`;
  expect(words).not.toMatch(/95 ?% (t )?interval|alpha 0\.05/);
  expect(words.match(/90% (t )?interval|alpha 0\.1/g)!.length).toBeGreaterThan(8);
  expect(levelText({ alpha: 0.0005 })).toBe("99.95%");
});

describe("the summary", () => {
  const plain = (columns: number): string => summaryText(report, { columns, color: false });

  test("one line an arm, the failed one named, and what it means", () => {
    const lines = plain(200).split("\n");
    const row = lines.find((line) => line.startsWith("popularity "))!;
    const { measures } = report.arms[1]!;
    expect(row).toContain(`${measures!.clicksPerSlate.mean.toFixed(4)} ±`);
    expect(row).toContain(`${measures!.diversity.mean.toFixed(3)} ±`);
    expect(lines.some((line) => line.startsWith("failed: mine: module"))).toBe(true);
    expect(plain(200)).toContain("Sample ratio: as designed");
    expect(plain(200)).toContain("Power: with");
  });

  test("less room costs columns, never the clicks or the verdict", () => {
    for (const columns of [70, 90, 120]) {
      const lines = plain(columns).split("\n");
      const head = lines.find((line) => line.startsWith("arm"))!;
      expect(head).toContain("clicks/slate");
      expect(head).toContain("verdict");
      expect(head.length).toBeLessThanOrEqual(Math.max(columns, 75));
    }
    expect(plain(90)).not.toContain("coverage");
  });

  test("no text steers the terminal, and colour is only colour", () => {
    expect(plain(200)).not.toContain("\u001B");
    expect(stripVTControlCharacters(summaryText(report, { columns: 200, color: true }))).toBe(plain(200));
  });
});
