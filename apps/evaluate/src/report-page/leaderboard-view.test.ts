import { expect, test } from "vitest";
import { leaderboardView, meanOverRuns, peakMemory } from "./leaderboard-view.js";
import { reportFixture } from "./report.fixture.js";

test("ceilings, competitors and failures are told apart; places count competitors only", () => {
  const view = leaderboardView(reportFixture());
  expect(view.ceilings.map((row) => row.model.label)).toEqual(["oracle"]);
  expect(view.failures.map((row) => row.model.label)).toEqual(["gru4rec"]);
  expect(view.competitors.map((row) => row.place)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(view.competitors.slice(0, 3).map((row) => row.standing)).toEqual(["best", "tied", "worse"]);
});

test("columns are the main metric and what has its cut-off; every metric is kept beside them", () => {
  const view = leaderboardView(reportFixture());
  expect(view.columns.map(({ key }) => key)).toEqual(["ndcg@10", "recall@10", "mrr@10"]);
  expect(view.allColumns).toHaveLength(9);
  expect(leaderboardView(reportFixture({ mainMetric: "mrr@20" })).columns[0]!.key).toBe("mrr@20");
});

test("the best of a column leaves the ceiling out, and shares are of the ceiling", () => {
  const report = reportFixture();
  const view = leaderboardView(report);
  const [oracle, sasrec] = report.models;
  expect(view.columns[0]!.best).toBe(sasrec!.metrics["ndcg@10"]!.mean);
  expect(view.competitors[0]!.shareOfCeiling).toBeCloseTo(
    sasrec!.metrics["ndcg@10"]!.mean / oracle!.metrics["ndcg@10"]!.mean,
  );
  const without = leaderboardView({ ...report, models: report.models.filter((model) => model.role === "competitor") });
  expect(without.hasCeiling).toBe(false);
  expect(without.competitors[0]!.shareOfCeiling).toBeNull();
});

test("costs are the mean time and the highest peak over seeds", () => {
  const model = reportFixture().models[1]!;
  const [run] = model.runs;
  const slower = { ...run!, peakMemoryBytes: 5e9, timings: { ...run!.timings, fitSeconds: 814 } };
  const twice = { ...model, runs: [run!, slower] };
  expect(meanOverRuns(twice, ({ timings }) => timings.fitSeconds)).toBe(813);
  expect(peakMemory(twice)).toBe(5e9);
  expect(peakMemory({ ...model, runs: [] })).toBeNaN();
});

test("a metric that only repeats another leaves the leaderboard, not the table of every metric", () => {
  const report = reportFixture();
  const models = report.models.map((model) => {
    const recall = model.metrics["recall@10"];
    return recall === undefined ? model : { ...model, metrics: { ...model.metrics, "hit@10": recall } };
  });
  const view = leaderboardView({ ...report, models });
  expect(view.columns.map(({ key }) => key)).toEqual(["ndcg@10", "recall@10", "mrr@10"]);
  expect(view.allColumns.map(({ key }) => key)).toContain("hit@10");
});
