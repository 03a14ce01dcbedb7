import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseReport, type Report } from "./report.js";
import { runTask } from "./run-task.js";
import { parseSettings, type Settings } from "./settings.js";
import { simulate, type SimulateIo, type TaskRunner } from "./simulate.js";

const here: TaskRunner = (task, { signal, report }) =>
  runTask(task, { ...(signal && { signal }), ...(report && { report }) });

async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sequitur-simulate-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const settingsOf = (fields: object = {}): Settings =>
  parseSettings(
    {
      world: { kind: "latent", items: 30 },
      users: 80,
      days: 6,
      slate: 4,
      seeds: 2,
      warmup: { days: 3 },
      arms: ["popularity", "random", "oracle"],
      concurrency: 1,
      ...fields,
    },
    "test",
  );

/** Everything but clocks and the machine. */
const numbers = ({ startedAt: _at, seconds: _s, environment: _e, config: _c, ...rest }: Report): unknown => rest;

const run = async (settings: Settings, io: Partial<SimulateIo> = {}, runner = here): Promise<Report> =>
  simulate(settings, { out: io.out ?? (await scratch()), ...io }, runner);

describe("a simulated experiment", () => {
  test("writes both files, ranks the arms as they are, and gives the same numbers again", async () => {
    const out = await scratch();
    const report = await run(settingsOf(), { out });
    expect(await readdir(out)).toEqual(["report.html", "report.json"]);
    expect(parseReport(JSON.parse(await readFile(join(out, "report.json"), "utf8")), out)).toEqual(report);
    const [popularity, random, oracle] = report.arms;
    expect(report.control).toBe("popularity");
    expect(oracle).toMatchObject({ verdict: "ceiling", reading: null, log: null });
    expect(oracle!.measures!.regret!.mean).toBeCloseTo(0, 3);
    expect(oracle!.measures!.clicks.mean).toBeGreaterThan(random!.measures!.clicks.mean);
    expect(random!.log).toMatchObject({ certainShare: 0, warnings: [] });
    expect(random!.log!.meanWeight).toBeCloseTo(1, 9);
    expect(popularity!.log!.warnings[0]).toContain("missing support");
    for (const { measures, regret } of report.arms) {
      expect(measures!.clicks.perSeed).toHaveLength(2);
      expect(regret!.mean.at(-1)).toBeCloseTo(measures!.regret!.mean, 2);
    }
    expect(numbers(await run(settingsOf()))).toEqual(numbers(report));
  });

  test("an arm does not depend on which others there are, nor on how many run at once", async () => {
    const alone = await run(settingsOf({ arms: ["random"] }));
    const among = await run(settingsOf({ arms: ["popularity", "random"], concurrency: 3 }));
    expect(among.arms[1]!.measures).toEqual(alone.arms[0]!.measures);
  });

  test("arms that rank by one model share its fit on the slates of the warm-up, and learn from then on", async () => {
    const model = { width: 4, epochs: 3 };
    const policy = { propensityDraws: 2 };
    const arms = [
      { name: "greedy:slate-gru", model },
      { name: "in-slate-thompson:slate-gru", model, policy },
    ];
    const kinds: string[] = [];
    const noting: TaskRunner = (task, io) => {
      kinds.push(task.kind);
      return here(task, io);
    };
    const settings = settingsOf({ arms, users: 40, days: 3, seeds: 1, behaviour: { delayHours: 0, windowHours: 0.5 } });
    const report = await run(settings, {}, noting);
    expect(kinds).toEqual(["fit", "arm", "arm"]);
    const [greedy, thompson] = report.arms;
    expect(greedy!.log!.certainShare).toBe(1);
    expect(thompson!.log!.certainShare).toBeLessThan(1);
    expect(thompson!.measures!.coverage.mean).toBeGreaterThan(greedy!.measures!.coverage.mean);
    expect(numbers(await run(settings))).toEqual(numbers(report));
  });

  test("a part of the batches gets propensities that have to be drawn for, and that changes no click", async () => {
    const arms = [{ name: "thompson:slate-gru", model: { width: 4, epochs: 2 }, policy: { propensityDraws: 2 } }];
    const of = async (propensityEvery: number) =>
      (await run(settingsOf({ arms, users: 40, days: 3, seeds: 1, batchSize: 4, propensityEvery }))).arms[0]!;
    const [all, some] = [await of(1), await of(4)];
    expect(some.measures).toEqual(all.measures);
    expect(some.log!.positions).toBeLessThan(0.5 * all.log!.positions);
    expect(all.log!.warnings.some((warning) => warning.includes("are not known"))).toBe(false);
    expect(some.log!.warnings.some((warning) => warning.includes("are not known"))).toBe(true);
  });

  test("two arms of one policy are the same by pairs, and the verdict says so", async () => {
    const report = await run(settingsOf({ arms: ["popularity", { name: "popularity", label: "again" }], seeds: 3 }));
    expect(report.arms[1]!.versusControl!.clicks).toMatchObject({ mean: 0, low: 0, high: 0 });
    expect(report.arms[1]!.verdict).toBe("not told apart");
  });

  test("stopped and resumed, the numbers are those of a run that was not", async () => {
    const out = await scratch();
    const abort = new AbortController();
    let finished = 0;
    const stopping: TaskRunner = async (task, io) => {
      await here(task, io);
      if (++finished === 4) abort.abort();
    };
    await expect(run(settingsOf(), { out, signal: abort.signal }, stopping)).rejects.toThrow("cancelled");
    expect(await readdir(out)).toEqual([".progress"]);
    let again = 0;
    const counting: TaskRunner = (task, io) => {
      again++;
      return here(task, io);
    };
    const resumed = await run(settingsOf(), { out, resume: true }, counting);
    expect(again).toBe(8 - 4);
    expect(await readdir(out)).toEqual(["report.html", "report.json"]);
    expect(numbers(resumed)).toEqual(numbers(await run(settingsOf())));
  });
});

describe("what goes wrong", () => {
  test("an arm that crashes in mid-run is a named failure, the others keep their results", async () => {
    const folder = await scratch();
    const module = join(folder, "mine.js");
    await writeFile(
      module,
      `export function slatePolicy({ world }) {
        return { name: "mine", slates(batch, k) {
          if (batch.now[0] > world.start + 5 * 86400000) throw new Error("the shelf fell down");
          const items = Int32Array.from({ length: k }, (_, i) => i);
          const ones = new Float64Array(k).fill(1);
          const slate = { items, kind: "exact", propensities: ones, conditionals: ones };
          return Array.from({ length: batch.size }, () => slate);
        } };
      }`,
    );
    const report = await run(settingsOf({ arms: ["random", { name: "mine", module }, "popularity"] }));
    expect(report.arms.map(({ error }) => error)).toEqual([null, "the shelf fell down (world 1)", null]);
    expect(report.arms[1]).toMatchObject({ verdict: "failed", measures: null });
    expect(report.notes).toContain("mine failed: the shelf fell down (world 1)");
    const without = await run(settingsOf({ arms: ["random", "popularity"] }));
    expect(report.arms[2]!.measures).toEqual(without.arms[1]!.measures);
  });

  test("a policy that breaks its word is named with what it did", async () => {
    const folder = await scratch();
    const module = join(folder, "twice.js");
    await writeFile(
      module,
      `export const slatePolicy = () => ({ name: "twice", slates: (batch, k) => Array.from({ length: batch.size }, () =>
        ({ items: new Int32Array(k), propensities: new Float64Array(k).fill(1) })) });`,
    );
    const report = await run(settingsOf({ arms: [{ name: "twice", module }, "random"], seeds: 1 }));
    expect(report.arms[0]!.error).toMatch(
      /^twice, seed 1: items must be distinct, got item-0 twice in a slate for user-/,
    );
    expect(report.notes).toContain("The control twice failed, so nothing is compared.");
    expect(report.arms[1]!.measures!.clicks.mean).toBeGreaterThan(0);
  });

  test("an API that does not answer fails its arm alone", async () => {
    const api = { url: "http://127.0.0.1:9" };
    const report = await run(settingsOf({ arms: ["random", "api"], api, seeds: 1 }));
    expect(report.arms[0]!.error).toBeNull();
    expect(report.arms[1]!.error).toBe("no API answers at http://127.0.0.1:9/v1/items. (world 1)");
  });

  test.each([
    [{ arms: ["popularity", "popularity"] }, 'labels must be distinct, got "popularity" twice'],
    [{ control: "best" }, 'control must be the label of an arm (popularity, random, oracle), got "best"'],
    [{ arms: ["api"] }, "an arm named api needs api.url"],
    [{ arms: ["api"], api: { url: "http://127.0.0.1:1" } }, "so seeds must be 1, got 2 seeds"],
    [{ user: 3 }, 'unknown key "user": did you mean "users"'],
    [{ world: "mars" }, "world"],
    [{ slate: 0 }, "slate"],
  ])("settings %j", (fields, message) => {
    expect(() => settingsOf(fields)).toThrow(message);
  });

  test("unknown policies and models stop it before any work", async () => {
    await expect(run(settingsOf({ arms: ["greedi:popularity"] }))).rejects.toThrow("did you mean greedy");
    await expect(run(settingsOf({ warmup: { days: 2, policy: "oracle" } }))).rejects.toThrow(
      'warmup.policy must be a built-in policy, got "oracle"',
    );
    await expect(run(settingsOf({ arms: ["random", "greedy:popularty"] }))).rejects.toThrow("did you mean popularity");
  });
});
