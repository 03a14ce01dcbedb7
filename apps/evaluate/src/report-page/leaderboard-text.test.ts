import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { leaderboardText } from "./leaderboard-text.js";
import { reportFixture } from "./report.fixture.js";

const plain = (columns: number, report = reportFixture()): string => leaderboardText(report, { columns, color: false });

test("every model, its main metric with half its interval, and the ceiling apart on top", () => {
  const lines = plain(80).split("\n");
  const at = (label: string): number => lines.findIndex((line) => line.startsWith(`${label} `));
  for (const model of reportFixture().models.filter(({ error }) => error === null)) {
    expect(lines[at(model.label)]).toContain(`${model.metrics["ndcg@10"]!.mean.toFixed(4)} ± 0.0`);
  }
  expect(at("oracle")).toBeLessThan(at("sasrec"));
  expect(lines[at("oracle") + 1]).toMatch(/^─+$/);
  expect(lines[at("sasrec")]).toContain(" best");
  expect(lines[at("ease")]).toContain("≈ best");
  expect(lines[at("item-knn")]).not.toContain("best");
});

test("columns line up", () => {
  const lines = plain(120).split("\n");
  const head = lines.find((line) => line.startsWith("model"))!;
  const end = head.indexOf("NDCG@10") + "NDCG@10".length;
  const rows = lines.filter((line) => line.includes(" ± 0."));
  expect(rows).toHaveLength(8);
  for (const row of rows) expect(row.slice(0, end)).toMatch(/± 0\.\d{4}$/);
});

test("no line is wider than asked for; less room costs columns, never the main metric", () => {
  for (const columns of [40, 60, 80, 100, 200]) {
    const lines = plain(columns).split("\n");
    const table = lines.slice(
      0,
      lines.findIndex((line) => line.startsWith("failed")),
    );
    for (const line of table) expect(line.length).toBeLessThanOrEqual(columns);
    expect(table.join("\n")).toContain("NDCG@10");
  }
  expect(plain(80)).not.toContain("memory");
  expect(plain(200)).toContain("memory");
});

test("a failed model is named with what went wrong, and notes are kept", () => {
  expect(plain(80)).toContain("failed: gru4rec: diverged: the loss became NaN at step 40.");
  expect(plain(80)).toContain("Note: gru4rec failed");
});

test("colour changes nothing but colour, and none is written without it", () => {
  const colored = leaderboardText(reportFixture(), { columns: 80, color: true });
  expect(colored).not.toBe(plain(80));
  expect(stripVTControlCharacters(colored)).toBe(plain(80));
});

test("a label cannot steer the terminal", () => {
  const report = reportFixture();
  const evil = { ...report.models[1]!, label: "a\u001B[2Jb\nc" };
  const text = plain(80, { ...report, best: evil.label, models: [evil] });
  expect(text).not.toContain("\u001B");
  expect(text).toContain("a [2Jb c");
});

test("a report in which everything failed still reads", () => {
  const report = reportFixture();
  const text = plain(80, { ...report, best: null, models: [report.models.at(-1)!] });
  expect(text).toContain("failed: gru4rec");
});
