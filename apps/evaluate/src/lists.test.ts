import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { evaluateTiny, modelOf, planted, reportFolder } from "./evaluate.fixture.js";
import type { Report } from "./report.js";
import { tinyInteractions } from "./tiny-data.fixture.js";

const CUTOFFS = [1, 5, 10];
const FIELDS = { metrics: ["ndcg", "recall", "hit", "precision", "mrr", "map"], k: CUTOFFS, metric: "ndcg@10" };

/** The measures of trec_eval, from its two files alone: mean over topics by its definitions, ties by document id. */
function trecEval(qrels: string, run: string): Record<string, number> {
  const rows = (text: string): string[][] =>
    text
      .trim()
      .split("\n")
      .map((line) => line.split(" "));
  const relevant = new Map<string, Set<string>>();
  for (const [topic, , id] of rows(qrels)) relevant.set(topic!, (relevant.get(topic!) ?? new Set()).add(id!));
  const sums: Record<string, number> = {};
  const add = (name: string, value: number): void => void (sums[name] = (sums[name] ?? 0) + value / relevant.size);
  for (const [topic, ids] of relevant) {
    const list = rows(run)
      .filter(([own]) => own === topic)
      .sort((a, b) => Number(b[4]) - Number(a[4]) || (a[2]! < b[2]! ? 1 : -1))
      .map(([, , id]) => ids.has(id!));
    for (const k of CUTOFFS) {
      const top = list.slice(0, k);
      const found = top.filter(Boolean).length;
      const gain = (flags: readonly boolean[]) =>
        flags.reduce((sum, is, i) => sum + (is ? 1 / Math.log2(i + 2) : 0), 0);
      const hits = (i: number) => list.slice(0, i + 1).filter(Boolean).length;
      add(`recall@${k}`, found / ids.size);
      add(`precision@${k}`, found / k);
      add(`hit@${k}`, Number(found > 0));
      add(`ndcg@${k}`, gain(top) / gain(new Array<boolean>(Math.min(k, ids.size)).fill(true)));
      add(`map@${k}`, top.reduce((sum, is, i) => sum + (is ? hits(i) / (i + 1) : 0), 0) / ids.size);
    }
  }
  return sums;
}

const near = (values: Record<string, number>): object =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, expect.closeTo(value, 9)]));

const means = (report: Report, label: string): Record<string, number> =>
  Object.fromEntries(Object.entries(modelOf(report, label).metrics).map(([name, { mean }]) => [name, mean]));

test("kept lists and qrels give trec_eval what the report says, and judged lists give the report again", async () => {
  const out = await reportFolder();
  const first = await evaluateTiny(planted(["noise", "follower"], { ...FIELDS, keepLists: 10 }), { out });
  const qrels = await readFile(join(out, "qrels.txt"), "utf8");
  const run = await readFile(join(out, "noise.run"), "utf8");
  expect(means(first, "noise")).toMatchObject(near(trecEval(qrels, run)));
  expect(run.split("\n").filter((line) => line.startsWith("0 "))).toHaveLength(10);
  const csv = join(out, "lists.csv");
  const runs = [
    { file: join(out, "noise.run"), label: "judged" },
    { file: csv, label: "table" },
  ];
  const second = await evaluateTiny(planted(["follower"], { ...FIELDS, runs }), { out: await reportFolder() });
  expect(Object.fromEntries(second.models.map(({ label, error }) => [label, error]))).toEqual({
    follower: null,
    judged: null,
    "table follower": null,
    "table noise": null,
  });
  const atCutoffs = (label: string, report: Report) =>
    Object.fromEntries(Object.entries(means(report, label)).filter(([name]) => name.includes("@")));
  expect(atCutoffs("judged", second)).toEqual(near(atCutoffs("noise", first) as Record<string, number>));
  expect(atCutoffs("table noise", second)).toEqual(near(atCutoffs("noise", first) as Record<string, number>));
  expect(modelOf(second, "judged").comparisons.best.length).toBeGreaterThan(0);
  expect(second.protocol.notes).toContainEqual(
    expect.stringContaining("Lists made by other tools are judged as given"),
  );
});

test("lists by user are put beside the one question of each; a question without a list counts as nothing found", async () => {
  const out = await reportFolder();
  const { catalog, items, userOffsets } = tinyInteractions();
  const last = (user: number): string => catalog.items.ids[items[userOffsets[user + 1]! - 1]!]!;
  const rows = Array.from({ length: 20 }, (_, user) => `user ${user},"${last(user)}",1\n`).join("");
  const file = `${out}-mine.csv`;
  await writeFile(await withFolder(file), `user_id,item_id,rank\n${rows}`);
  const report = await evaluateTiny(planted(["constant"], { ...FIELDS, runs: file }), { out });
  expect(modelOf(report, "tiny-mine").metrics["hit@1"]!.mean).toBeCloseTo(20 / 30, 12);
  expect(modelOf(report, "tiny-mine").runs[0]!.chosen).toEqual({ questionsWithoutList: 10 });
});

test("what does not fit the data is named", async () => {
  const file = `${await reportFolder()}-bad.csv`;
  const judge = async (content: string) => {
    await writeFile(await withFolder(file), content);
    const report = await evaluateTiny(planted(["constant"], { ...FIELDS, runs: file }), { out: await reportFolder() });
    return modelOf(report, "tiny-bad").error;
  };
  expect(await judge("query,item,score\n0,item 99,1\n")).toContain(
    'item "item 99" of query 0 does not occur in the data',
  );
  expect(await judge("query,item,score\n30,item 1,1\n")).toContain('0 to 29 as in the qrels, got "30"');
  expect(await judge("query,item,score\n0,item 1,1\n0,item 1,2\n")).toContain("stands twice in the list of query 0");
  expect(await judge("user,item,score\nnobody,item 1,1\n")).toContain('user "nobody" does not occur in the data');
});

async function withFolder(file: string): Promise<string> {
  await mkdir(join(file, ".."), { recursive: true });
  return file;
}
