import { parseReport, type Report } from "@sequitur/evaluate";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { ended, scratchFolder, sequitur, start } from "./program.fixture.js";

vi.setConfig({ testTimeout: 120_000 });

/** Long enough to be stopped in the middle. */
const LONG_WORK = ["data", "stats", "city", "--option", "size=large"];
const CITY = ["evaluate", "--city", "users=40,places=100,checkinsPerUser=20", "--k", "5,10", "--resamples", "100"];
const MODELS = ["--models", "popularity,markov,personal"];
const WHOLE = ["queries.safetensors", "report.html", "report.json"];

describe("a process", () => {
  test("ends with the code of what happened, results apart from errors", async () => {
    const [good, bad] = await Promise.all([sequitur("--version"), sequitur("nonsense")]);
    expect(good).toMatchObject({ code: 0, err: "" });
    expect(bad).toMatchObject({ code: 2, out: "", err: "sequitur: unknown command 'nonsense'\n" });
  });

  test("a reader that goes away ends it without a word", async () => {
    const child = start(["data", "list", "--json"]);
    child.stdout.destroy();
    expect(await ended(child)).toMatchObject({ code: 0, err: "" });
  });

  test.each([
    [1, /at the next safe point[^]*\nsequitur: [^\n]*cancelled[^\n]*\n$/],
    [2, /at the next safe point/],
  ])("Ctrl-C x %i stops it with 130, the second one at once", async (times, message) => {
    const child = start(LONG_WORK);
    const end = ended(child);
    await new Promise((resolve) => void child.stderr.once("data", resolve));
    for (let i = 0; i < times; i++) child.kill("SIGINT");
    const { code, out, err } = await end;
    expect({ code, out }).toEqual({ code: 130, out: "" });
    expect(err).toMatch(message);
  });
});

/** Stops a run by Ctrl-C and by kill -9, and resumes it each time, to the same files; gives the numbers of a whole run and those of the resumed ones. */
async function stopAndResume(
  args: readonly string[],
  numbersOf: (json: string) => unknown,
  files: readonly string[],
): Promise<{ readonly whole: unknown; readonly resumed: readonly unknown[] }> {
  const folder = await scratchFolder();
  const whole = await sequitur(...args, "--out", join(folder, "whole"), "--json", "--quiet");
  expect(whole).toMatchObject({ code: 0, err: "" });
  const ends = [
    ["SIGINT", 130, "--resume goes on"],
    ["SIGKILL", null, ""],
  ] as const;
  const numbersAfter: unknown[] = [];
  for (const [signal, code, message] of ends) {
    const out = join(folder, signal);
    const child = start([...args, "--out", out]);
    const end = ended(child);
    await pieceIn(out);
    child.kill(signal);
    expect(await end).toMatchObject({ code, err: expect.stringContaining(message) });
    expect(await readdir(out)).toEqual([".progress"]);
    const resumed = await sequitur(...args, "--out", out, "--resume", "--json", "--quiet");
    expect(resumed).toMatchObject({ code: 0, err: "" });
    numbersAfter.push(numbersOf(resumed.out));
    expect(await readdir(out)).toEqual(files);
  }
  return { whole: numbersOf(whole.out), resumed: numbersAfter };
}

describe("an evaluation that does not come to its end", () => {
  test("goes on with --resume after Ctrl-C and after kill -9, to the same numbers", async () => {
    const run = await stopAndResume([...CITY, ...MODELS], (json) => numbers(JSON.parse(json)), WHOLE);
    expect(run.resumed).toEqual([run.whole, run.whole]);
  });

  test.runIf(process.platform === "linux")("loses one model when its process is killed, not the others", async () => {
    const out = join(await scratchFolder(), "out");
    const child = start([...CITY, ...MODELS, "--out", out, "--json", "--quiet"]);
    const end = ended(child);
    process.kill(await childOf(child.pid!), "SIGKILL");
    const { code, out: text } = await end;
    expect(code).toBe(0);
    const errors = new Map(parseReport(JSON.parse(text), out).models.map(({ label, error }) => [label, error]));
    expect([...errors.keys()]).toEqual(["personal", "markov", "popularity"]);
    expect([...errors.values()]).toEqual([null, null, expect.stringContaining("SIGKILL")]);
    expect(await readFile(join(out, "report.html"), "utf8")).toContain("SIGKILL");
  });
});

const WORLD = ["simulate", "--world", "latent:items=30", "--users", "150", "--days", "8", "--warmup", "days=3"];
const ARMS = ["--slate", "4", "--seeds", "1", "--arms", "popularity,random"];

describe("a simulation that does not come to its end", () => {
  test("goes on with --resume after Ctrl-C and after kill -9, to the same numbers", async () => {
    const run = await stopAndResume([...WORLD, ...ARMS], armsOf, ["report.html", "report.json"]);
    expect(run.resumed).toEqual([run.whole, run.whole]);
  });

  test.runIf(process.platform === "linux")("loses one arm when its process is killed, not the others", async () => {
    const out = join(await scratchFolder(), "out");
    const child = start([...WORLD, "--seeds", "1", "--arms", "random,oracle", "--out", out, "--json", "--quiet"]);
    const end = ended(child);
    process.kill(await childOf(child.pid!), "SIGKILL");
    const { code, out: text } = await end;
    expect(code).toBe(0);
    const { arms } = JSON.parse(text) as { arms: { error: string | null }[] };
    expect(arms.filter(({ error }) => error === null)).toHaveLength(1);
    expect(arms.filter(({ error }) => error?.includes("SIGKILL"))).toHaveLength(1);
  });
});

function armsOf(report: string): unknown {
  return (JSON.parse(report) as { arms: unknown }).arms;
}

/** What two runs of one experiment have in common. */
function numbers(value: unknown): unknown {
  const report: Report = parseReport(value, "stdout");
  const models = report.models.map(({ label, config, metrics, lists, breakdowns, comparisons }) => {
    return { label, config, metrics, lists, breakdowns, comparisons };
  });
  return { models, data: report.data, protocol: report.protocol };
}

/** Waits for the first finished model. */
async function pieceIn(out: string): Promise<void> {
  const pieces = join(out, ".progress", "pieces");
  while (!existsSync(pieces) || (await readdir(pieces)).every((name) => name.endsWith(".part"))) await sleep(10);
}

/** The first process of a model that a process starts; it also asks git for the commit. */
async function childOf(pid: number): Promise<number> {
  for (;;) {
    for (const child of (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ")) {
      const command = await readFile(`/proc/${child}/cmdline`, "utf8").catch(() => "");
      if (command.includes("child.js")) return Number(child);
    }
    await sleep(5);
  }
}
