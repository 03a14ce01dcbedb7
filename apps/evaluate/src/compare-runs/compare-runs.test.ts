import { Random } from "@sequitur/core";

import { expect, test } from "vitest";
import { evaluateTiny, planted, reportFolder } from "../evaluate.fixture.js";
import { compareRuns, type CompareRunsOptions } from "./compare-runs.js";
import { comparisonPage } from "./comparison-page.js";
import { comparisonText } from "./comparison-text.js";
import { readKeptReport } from "./kept-run.js";
import { tinySource } from "../tiny-data.fixture.js";

const FIELDS = { metrics: ["ndcg", "hit"], k: [5], metric: "ndcg@5" };
const OPTIONS = (): CompareRunsOptions => ({
  metric: "ndcg@5",
  show: 3,
  listLength: 5,
  level: 0.95,
  random: new Random(1),
});

async function reportOf(names: readonly string[], fields: object = {}, steps?: number) {
  const out = await reportFolder();
  await evaluateTiny(planted(names, { ...FIELDS, ...fields }), { out }, { openData: async () => tinySource(steps) });
  return readKeptReport(out);
}

test("who gains and who loses is what the values say, with both lists beside each other", async () => {
  const report = await reportOf(["noise", "follower"], { keepLists: 5 });
  const found = await compareRuns({ report, label: "noise" }, { report, label: "follower" }, OPTIONS());
  const [a, b] = ["noise", "follower"].map((label) => report.values(label, "ndcg@5"));
  const change = Array.from(b!, (value, query) => value - a![query]!);
  expect(found.paired).toMatchObject({
    wins: change.filter((value) => value > 0).length,
    losses: change.filter((value) => value < 0).length,
  });
  expect(found.paired.meanA).toBeGreaterThan(found.paired.meanB);
  expect(found.gains.map(({ query }) => change[query])).toEqual(change.toSorted((p, q) => q - p).slice(0, 3));
  const losses = change.filter((value) => value < 0).toSorted((p, q) => p - q);
  expect(found.losses.map(({ query }) => change[query])).toEqual(losses.slice(0, 3));
  const [first] = found.gains;
  expect(first!.lists[1]!.indexOf(first!.answers[0]!)).toBeGreaterThanOrEqual(0);
  expect(first!.lists.map((list) => list!.length)).toEqual([5, 5]);
  expect(found.overlap).toBeGreaterThan(0);
  expect(found.overlap).toBeLessThan(0.6);
  const text = comparisonText(found);
  expect(text).toContain("follower is better than noise by NDCG@5");
  expect(text).toContain(`**${first!.answers[0]}**`);
  const page = comparisonPage(found);
  expect(page).toContain("Where follower gains most");
  expect(page).toContain(`<strong>${first!.answers[0]}</strong>`);
});

test("a model against itself in another report is the same, and without lists that is said", async () => {
  const [one, two] = [await reportOf(["follower"]), await reportOf(["follower", "noise"])];
  const found = await compareRuns({ report: one, label: "follower" }, { report: two, label: "follower" }, OPTIONS());
  expect(found).toMatchObject({ gains: [], losses: [], overlap: null, paired: { wins: 0, losses: 0 } });
  expect(found.labels[0]).toContain(one.folder);
  expect(comparisonText(found)).toContain("not distinguishable from");
  expect(found.notes.join()).toContain("--keep-lists keeps them");
});

test("other questions, models and metrics are refused by name", async () => {
  const [one, other] = [await reportOf(["follower"]), await reportOf(["follower"], {}, 8)];
  const of = (report: typeof one, label = "follower") => ({ report, label });
  await expect(compareRuns(of(one), of(other), OPTIONS())).rejects.toThrow(
    /question 0 is of another user, instant or answer/,
  );
  await expect(compareRuns(of(one), of(one, "ease"), OPTIONS())).rejects.toThrow('a model among follower, got "ease"');
  await expect(compareRuns(of(one), of(one), { ...OPTIONS(), metric: "mrr" })).rejects.toThrow('hit@5, got "mrr"');
  await expect(readKeptReport("/no/report")).rejects.toThrow("expected the folder of a report");
});
