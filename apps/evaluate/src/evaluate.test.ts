import { decodeTensorFile, type Progress } from "@sequitur/core";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, test } from "vitest";
import { type EvaluateParts } from "./evaluate.js";
import type { EvaluateIo } from "./evaluate-io.js";
import { parseExperiment, type Experiment } from "./experiment.js";
import { openData } from "./open-data.js";
import { parseReport, type ModelReport, type Report } from "./report.js";
import { runInProcess, type TaskRunner } from "./run-in-process.js";
import { evaluateTiny, hereRunner, modelOf, planted, reportFolder } from "./evaluate.fixture.js";
import { TINY_ITEMS, TINY_USERS } from "./tiny-data.fixture.js";

const module = fileURLToPath(new URL("./planted.fixture.ts", import.meta.url));
let out = "";

beforeEach(async () => {
  out = await reportFolder();
});

function run(
  experiment: Experiment,
  io: Partial<EvaluateIo> = {},
  parts: Partial<EvaluateParts> = {},
): Promise<Report> {
  return evaluateTiny(experiment, { out, ...io }, parts);
}

/** What must be equal between two runs of one experiment: everything but clocks and memory. */
function numbers(report: Report): unknown {
  const models = report.models.map(({ runs, tuning, ...model }) => ({
    ...model,
    runs: runs.map(({ seed, curves }) => ({ seed, steps: curves.map(({ points }) => points.map(({ step }) => step)) })),
    trials: tuning?.trials.map(({ rungs, ...trial }) => ({ ...trial, rungs: rungs.map(({ value }) => value) })),
    chosen: tuning?.chosen,
  }));
  return { models, data: report.data, protocol: report.protocol, best: report.best };
}

test("the planted pattern wins, the files are whole, nothing else is left", async () => {
  const seen: Progress[] = [];
  const report = await run(planted(["constant", "follower"]), { report: (p) => seen.push(p) });
  expect(report.models.map(({ label }) => label)).toEqual(["follower", "constant"]);
  expect(report).toMatchObject({ best: "follower", baseline: "constant", mainMetric: "ndcg@10" });
  expect(modelOf(report, "follower").metrics["hit@5"]!.mean).toBeGreaterThan(0.7);
  expect((await readdir(out)).sort()).toEqual(["queries.safetensors", "report.html", "report.json"]);
  const path = join(out, "report.json");
  expect(parseReport(JSON.parse(await readFile(path, "utf8")), path)).toEqual(report);
  expect(await readFile(join(out, "report.html"), "utf8")).toContain("follower");
  const [first] = modelOf(report, "follower").runs;
  expect(first!.curves[0]!.points).toEqual([{ step: 1, wallMs: expect.any(Number), values: { trust: 0.5 } }]);
  expect(seen).toContainEqual({ task: "evaluate", done: 2, total: 2, unit: "models" });
  expect(seen.some(({ task }) => task === "score follower")).toBe(true);
});

test("the per-query file holds what the means are made of", async () => {
  const report = await run(planted(["follower", "noise"], { seed: [1, 2, 3] }));
  const path = join(out, report.queriesFile);
  const { tensors, manifest } = decodeTensorFile(await readFile(path), path);
  expect(manifest).toMatchObject({ labels: ["follower", "noise"], fingerprint: report.data.fingerprint });
  expect(tensors.get("users")!.shape).toEqual([TINY_USERS]);
  for (const { label, metrics } of report.models) {
    for (const [name, { mean, low, high }] of Object.entries(metrics)) {
      const column = tensors.get(`values/${label}/${name}`)!.data as Float32Array;
      expect(column.reduce((sum, value) => sum + value, 0) / column.length).toBeCloseTo(mean, 6);
      expect(low).toBeLessThanOrEqual(mean + 1e-12);
      expect(high).toBeGreaterThanOrEqual(mean - 1e-12);
    }
  }
  const { perSeed, spread, mean } = modelOf(report, "noise").metrics["mrr"]!;
  expect(new Set(perSeed).size).toBe(3);
  expect(mean).toBeCloseTo(perSeed.reduce((sum, value) => sum + value, 0) / 3, 12);
  expect(spread).toBeGreaterThan(0);
  expect(modelOf(report, "follower").metrics["mrr"]!.spread).toBe(0);
});

test("a constant model gets what chance gets, and the mean rank where the older rule is asked for", async () => {
  const unmasked = await run(planted(["constant"], { exclude: "nothing" }));
  const { metrics } = modelOf(unmasked, "constant");
  expect(unmasked.protocol).toMatchObject({ masked: false, rankedItems: TINY_ITEMS });
  const chance = Array.from({ length: TINY_ITEMS }, (_, i) => 1 / (i + 1) / TINY_ITEMS).reduce((a, b) => a + b);
  expect(metrics["mrr"]!.mean).toBeCloseTo(chance, 12);
  expect(metrics["hit@10"]!.mean).toBeCloseTo(10 / TINY_ITEMS, 12);
  expect(unmasked.protocol.summary).toContain("tied items count by their expectation");
});

test("ties: mid-rank gives the numbers of the older rule", async () => {
  const report = await run(planted(["constant"], { exclude: "nothing", ties: "mid-rank" }));
  const { metrics } = modelOf(report, "constant");
  expect(metrics["mrr"]!.mean).toBeCloseTo(2 / (TINY_ITEMS + 1), 12);
  expect(metrics["hit@10"]!.mean).toBe(0);
  expect(report.protocol.summary).toContain("ties share their mean rank");
});

test("a handful of users gets a loud note, and no interval of no width", async () => {
  const report = await run(planted(["constant", "follower"], { maxQueries: 5 }));
  expect(report.protocol.notes[0]).toMatch(/^FEW USERS: the test queries are of 5 users only; below 10/);
  for (const { metrics } of report.models) {
    for (const { low, high } of Object.values(metrics)) expect(high - low).toBeGreaterThan(0.05);
  }
});

test("auto follows the data, and the report says what it found", async () => {
  const report = await run(planted(["constant"]));
  expect(report.protocol.masked).toBe(false);
  expect(report.protocol.maskedBecause).toMatch(/^auto: revisits are normal in this data set, and \d+\.\d% /);
  expect(report.protocol.summary).toContain("UNMASKED");
  const asked = await run(planted(["constant"], { exclude: "seen" }));
  expect(asked.protocol).toMatchObject({ masked: true, maskedBecause: "as asked, exclude = seen" });
  const hidden = /^(\d+) of 30 right answers are items that the user had seen before/.exec(asked.protocol.notes[0]!);
  expect(Number(hidden?.[1])).toBeGreaterThan(0);
  expect(report.protocol.notes).toEqual([]);
});

test("the same seed gives the same numbers, however many models run at once", async () => {
  const names = ["follower", "noise", "constant"];
  const first = numbers(await run(planted(names)));
  expect(numbers(await run(planted(names, { concurrency: 3 })))).toEqual(first);
  const tune = { trials: 4, minQueries: 5 };
  const searched = await run(planted(names, { tune }));
  expect(numbers(await run(planted(names, { tune, concurrency: 2 })))).toEqual(numbers(searched));
  const other = await run(planted(["noise"], { seed: 2 }));
  expect(modelOf(other, "noise").metrics).not.toEqual((first as { models: ModelReport[] }).models.at(-1)!.metrics);
});

test("resuming an interrupted experiment runs only what is missing and gives the same numbers", async () => {
  const experiment = planted(["noise", "follower", "constant"], { seed: [1, 2], tune: { trials: 4, minQueries: 5 } });
  const whole = numbers(await run(experiment));
  const stop = new AbortController();
  const counts = { before: 0, after: 0 };
  const counting =
    (key: keyof typeof counts): TaskRunner =>
    (task, io) => {
      counts[key]++;
      return hereRunner(task, io);
    };
  const report = ({ task, done }: Progress): void => {
    if (task === "evaluate" && done === 2) stop.abort();
  };
  const stopped = run(experiment, { signal: stop.signal, report }, { runTask: counting("before") });
  await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
  expect(await readdir(join(out, ".progress"))).toEqual(["pieces"]);
  const resumed = await run(experiment, { resume: true }, { runTask: counting("after") });
  expect(numbers(resumed)).toEqual(whole);
  expect(counts.before).toBeGreaterThan(4);
  expect(counts.after).toBe(2);
  expect(existsSync(join(out, ".progress"))).toBe(false);
});

test("a fit that was interrupted goes on from its checkpoint", async () => {
  const stop = new AbortController();
  const report = ({ task }: Progress): void => {
    if (task.includes("fit marathon")) stop.abort();
  };
  const experiment = planted(["marathon"]);
  await expect(run(experiment, { signal: stop.signal, report })).rejects.toMatchObject({ code: "cancelled" });
  expect(await readdir(join(out, ".progress"))).toEqual(["checkpoints"]);
  expect((await run(experiment, { resume: true })).best).toBe("marathon");
  expect(existsSync(join(out, ".progress"))).toBe(false);
});

test("without resume an interrupted experiment starts anew, and an older report stays until then", async () => {
  const experiment = planted(["constant", "follower"]);
  const first = await run(experiment);
  const stop = new AbortController();
  const report = ({ task, done }: Progress): void => {
    if (task === "evaluate" && done === 1) stop.abort();
  };
  await expect(run(experiment, { signal: stop.signal, report })).rejects.toMatchObject({ code: "cancelled" });
  const path = join(out, "report.json");
  expect(parseReport(JSON.parse(await readFile(path, "utf8")), path)).toEqual(first);
  let tasks = 0;
  const runTask: TaskRunner = (task, io) => {
    tasks++;
    return hereRunner(task, io);
  };
  await run(experiment, {}, { runTask });
  expect(tasks).toBe(2);
});

test("one process a model: whatever happens in it is its own row, the others finish and find the same", async () => {
  const names = ["thrower", "quitter", "victim", "glutton", "follower"];
  const experiment = planted(names, { memory: { processMb: 400 }, concurrency: 2 });
  const seen: Progress[] = [];
  const report = await run(experiment, { report: (p) => seen.push(p) }, { runTask: runInProcess });
  const error = (label: string): string | null => modelOf(report, label).error;
  expect(report.models[0]).toMatchObject({ label: "follower", error: null });
  expect(error("thrower")).toBe("cannot read what is not there");
  expect(error("quitter")).toBe("the process ended with exit code 3 before its result.");
  expect(error("victim")).toContain("SIGKILL");
  expect(error("glutton")).toMatch(/may hold 400 MiB, got \d+ MiB: out of memory/);
  expect(report.baseline).toBeNull();
  const follower = modelOf(report, "follower");
  expect(follower.metrics).toEqual(modelOf(await run(planted(["follower"])), "follower").metrics);
  expect(follower.runs[0]!.peakMemoryBytes).toBeGreaterThan(2 ** 24);
  expect(seen.some(({ task }) => task === "score follower")).toBe(true);
  expect(modelOf(report, "thrower")).toMatchObject({ runs: [], metrics: {}, breakdowns: [] });
});

test("aborting ends a child that hears nothing, and leaves neither report nor lock", async () => {
  const stop = new AbortController();
  const report = ({ task }: Progress): void => {
    if (task.includes("fit sleeper")) setTimeout(() => stop.abort(), 300);
  };
  const started = performance.now();
  const running = run(planted(["constant", "sleeper"]), { signal: stop.signal, report }, { runTask: runInProcess });
  await expect(running).rejects.toMatchObject({ code: "cancelled" });
  expect(performance.now() - started).toBeLessThan(15_000);
  expect(await readdir(out)).toEqual([".progress"]);
  expect(await readdir(join(out, ".progress"))).toEqual(["pieces"]);
  expect(await readdir(join(out, ".progress", "pieces"))).toHaveLength(1);
});

test("a search gives everybody the same trials and the same rungs, the default among them", async () => {
  const tune = { trials: 6, eta: 3, minQueries: 4 };
  const report = await run(planted(["follower", "learner", "constant"], { tune }));
  const follower = modelOf(report, "follower").tuning!;
  expect(follower.trials).toHaveLength(6);
  expect(follower.trials[0]).toMatchObject({ origin: "default", config: { trust: 0.5, depth: 1 } });
  const rungs = follower.trials.flatMap((trial) => trial.rungs.map(({ rung, queries }) => `${rung}: ${queries}`));
  expect([...new Set(rungs)]).toEqual(["0: 10", "1: 30"]);
  expect(rungs.filter((rung) => rung.startsWith("1"))).toHaveLength(2);
  const learner = modelOf(report, "learner").tuning!;
  expect(learner.trials.map(({ rungs: [first, second] }) => [first!.epochs, second?.epochs ?? 9])).toEqual(
    Array.from({ length: 6 }, () => [3, 9]),
  );
  const chosen = learner.trials[learner.chosen]!;
  expect(chosen.config).toMatchObject({ rate: "fast" });
  expect(modelOf(report, "learner").config).toMatchObject({ rate: "fast", epochs: 9 });
  expect(modelOf(report, "constant").tuning).toMatchObject({ note: "the model has nothing to tune", chosen: 0 });
  expect(report.protocol.notes.join()).toContain("test was read once");
});

test("a model kept between rungs gives what a model fitted anew gives", async () => {
  const tune = { trials: 9, minQueries: 4 };
  const kept = modelOf(await run(planted(["follower"], { tune })), "follower").tuning!;
  const forgetful: TaskRunner = ({ artifactFile: _artifact, ...task }, io) => hereRunner(task, io);
  const fresh = modelOf(await run(planted(["follower"], { tune }), {}, { runTask: forgetful }), "follower").tuning!;
  expect(fresh.trials.map(({ rungs }) => rungs.map(({ value }) => value))).toEqual(
    kept.trials.map(({ rungs }) => rungs.map(({ value }) => value)),
  );
});

test("trials never open the test questions, and a fit never sees them either", async () => {
  const opened: string[] = [];
  const watching: TaskRunner = async (task, io) => {
    const isTrial = task.label.includes("trial");
    opened.push(isTrial ? "trial" : "final");
    expect(isTrial && task.questionsFile.includes("test")).toBe(false);
    expect(task.validation?.file ?? "").not.toContain("test");
    await hereRunner(task, io);
  };
  await run(planted(["follower"], { tune: { trials: 3, minQueries: 4 } }), {}, { runTask: watching });
  expect(opened.filter((kind) => kind === "final")).toHaveLength(1);
  expect(opened.length).toBeGreaterThan(3);
});

test("a model that reads answers from the other queries of its batch is caught", async () => {
  const split = { kind: "temporal", ask: "each", validationFrom: 0.5, testFrom: 0.6 };
  const report = await run(planted(["peeker", "follower"], { split }));
  expect(modelOf(report, "peeker").error).toMatch(/must not depend on the others of its batch/);
  expect(modelOf(report, "follower").error).toBeNull();
});

test("refit takes the validation answers into the final fit and says so", async () => {
  const tune = { trials: 2, minQueries: 4, refit: true };
  const files: string[] = [];
  const runner: TaskRunner = (task, io) => {
    if (!task.label.includes("trial")) files.push(task.trainFile);
    return hereRunner(task, io);
  };
  const report = await run(planted(["follower"], { tune }), {}, { runTask: runner });
  expect(files).toEqual([expect.stringContaining("refit")]);
  expect(report.protocol.notes.join()).toContain("train and validation together");
});

test("what a fit chose by validation is reported, and given to a refit, which validates nothing", async () => {
  const once = modelOf(await run(planted(["chooser", "follower"])), "chooser");
  expect(once.runs.map(({ chosen }) => chosen)).toEqual([{ level: 1 }]);
  expect(modelOf(await run(planted(["follower"])), "follower").runs[0]!.chosen).toEqual({});
  const tune = { trials: 2, minQueries: 4, refit: true };
  const again = modelOf(await run(planted(["chooser"], { tune })), "chooser");
  expect(again.config).toMatchObject({ level: 1 });
  expect(again.metrics["ndcg@10"]!.mean).toBeGreaterThan(0.5);
});

test("a subsample is drawn by the seed and noted loudly", async () => {
  const report = await run(planted(["follower"], { maxQueries: 7 }));
  expect(report.protocol.queries).toMatchObject({ test: TINY_USERS, testUsed: 7 });
  expect(report.protocol.notes).toContainEqual(expect.stringMatching(/^SUBSAMPLE: 7 of 30 test queries/));
});

test("scoring in small blocks changes nothing", async () => {
  const whole = await run(planted(["follower", "constant"]));
  const bytes = 2 * TINY_ITEMS * 4;
  const blocks = await run(planted(["follower", "constant"], { memory: { scoreMb: bytes / 2 ** 20 } }));
  expect(numbers(blocks)).toEqual(numbers(whole));
});

test("groups add up to the whole, and comparisons are Holm-corrected", async () => {
  const report = await run(planted(["follower", "constant", "noise"], { baseline: "constant" }));
  const follower = modelOf(report, "follower");
  expect(follower.breakdowns.map(({ by }) => by)).toContain("category of the right item");
  for (const { groups } of follower.breakdowns) {
    const queries = groups.reduce((sum, group) => sum + group.queries, 0);
    expect(queries).toBe(TINY_USERS);
    const mean = groups.reduce((sum, group) => sum + group.queries * group.metrics["ndcg@10"]!.mean, 0) / queries;
    expect(mean).toBeCloseTo(follower.metrics["ndcg@10"]!.mean, 12);
  }
  const [first] = follower.comparisons.baseline;
  expect(first).toMatchObject({ metric: "ndcg@10", against: "constant", significant: true });
  expect(first!.pHolm).toBeGreaterThanOrEqual(first!.pRandomisation);
  expect(modelOf(report, "constant").comparisons.baseline).toEqual([]);
  expect(follower.comparisons.best).toEqual([]);
});

test("bad input stops before any work: unknown model, module, config field, empty split", async () => {
  const refused = async (value: object) => run(parseExperiment({ data: "tiny", ...value }, "test"));
  await expect(refused({ models: "popularty" })).rejects.toThrow(/did you mean popularity/);
  await expect(refused({ models: [{ name: "x", module }] })).rejects.toThrow(/must export a recommender named "x"/);
  await expect(refused({ models: [{ name: "x", module: "/no/such.js" }] })).rejects.toMatchObject({
    code: "not-found",
  });
  await expect(refused({ models: [{ name: "follower", module, config: { trsut: 1 } }] })).rejects.toThrow(
    'config of follower: unknown key "trsut": did you mean "trust".',
  );
  expect(existsSync(out)).toBe(false);
  await expect(
    run(planted(["constant"], { split: { kind: "leave-one-out", minInteractions: 99 } })),
  ).rejects.toMatchObject({
    code: "bad-data",
    message: expect.stringMatching(/queries/),
  });
  expect(await readdir(out)).toEqual([]);
});

test("a folder that cannot be written is one line, before the data are read", async () => {
  const file = join(out, "..", "..", "file");
  await writeFile(file, "in the way");
  const openData = async () => {
    throw new Error("must not be read");
  };
  const running = run(planted(["constant"]), { out: join(file, "reports") }, { openData });
  await expect(running).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(/^cannot write .*ENOTDIR/),
  });
});

test("two experiments do not work in one folder, but the lock of a dead process does not count", async () => {
  await mkdir(join(out, ".progress"), { recursive: true });
  await writeFile(join(out, ".progress", "lock"), JSON.stringify({ pid: process.pid, mark: null }));
  await expect(run(planted(["constant"]))).rejects.toThrow(`got an experiment of process ${process.pid} in it`);
  await writeFile(join(out, ".progress", "lock"), JSON.stringify({ pid: 999_999_999, mark: null }));
  expect((await run(planted(["constant"]))).best).toBe("constant");
});

test("the oracle of a city is the ceiling, not a competitor, and no model beats it", async () => {
  const experiment = parseExperiment(
    {
      data: { name: "city", city: { size: "tiny" } },
      split: { kind: "temporal", validationFrom: 0.8, testFrom: 0.9 },
      models: ["popularity", "markov", "personal"],
      exclude: "nothing",
      oracle: true,
      resamples: 100,
    },
    "test",
  );
  const report = await run(experiment, {}, { openData });
  expect(report.models.map(({ error }) => error)).toEqual([null, null, null, null]);
  const [ceiling, first] = report.models;
  expect(ceiling).toMatchObject({ label: "oracle", role: "ceiling" });
  expect(report.best).toBe(first!.label);
  const gap = first!.metrics["ndcg@10"]!;
  expect(ceiling!.metrics["ndcg@10"]!.mean).toBeGreaterThan(gap.high);
  expect(report.baseline).toBe("popularity");
});
