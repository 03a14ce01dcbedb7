import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const SOURCE = ["--import", "tsx", "--conditions=@sequitur/source", "src/run.ts"];
/** Long enough to be stopped in the middle. */
const LONG_WORK = ["data", "stats", "city", "--option", "size=large"];

// Each process compiles the source anew, which is slow on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "sequitur-process-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The program as a process of its own, from source. */
function start(argv: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [...SOURCE, ...argv], { cwd: PACKAGE, env: { ...process.env, ...env } });
}

interface End {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function ended(child: ChildProcessWithoutNullStreams): Promise<End> {
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const code = await new Promise<number | null>((resolve) => void child.once("close", resolve));
  return { code, out, err };
}

/** Resolves when the child has said something on stderr. */
function spoken(child: ChildProcessWithoutNullStreams): Promise<void> {
  return new Promise((resolve) => void child.stderr.once("data", () => resolve()));
}

describe("a process", () => {
  test("ends with the code of what happened, results apart from errors", async () => {
    const [good, bad] = await Promise.all([ended(start(["--version"])), ended(start(["nonsense"]))]);
    expect(good).toMatchObject({ code: 0, err: "" });
    expect(bad).toMatchObject({ code: 2, out: "", err: "sequitur: unknown command 'nonsense'\n" });
  });

  test("a reader that goes away ends it without a word", async () => {
    const child = start(["data", "list", "--json"]);
    child.stdout.destroy();
    const { code, err } = await ended(child);
    expect(err).toBe("");
    expect(code).toBe(0);
  });

  test("Ctrl-C once stops it cleanly with 130", async () => {
    const child = start(LONG_WORK);
    const end = ended(child);
    await spoken(child);
    child.kill("SIGINT");
    const { code, out, err } = await end;
    expect({ code, out }).toEqual({ code: 130, out: "" });
    expect(err).toContain("stopping at the next safe point");
    expect(err).toMatch(/sequitur: [^\n]*cancelled[^\n]*\n$/);
  });

  test("Ctrl-C twice stops it at once", async () => {
    const child = start(LONG_WORK);
    const end = ended(child);
    await spoken(child);
    child.kill("SIGINT");
    child.kill("SIGINT");
    expect((await end).code).toBe(130);
  });
});

describe("evaluate", () => {
  const CITY = ["evaluate", "--city", "users=40,places=100,checkinsPerUser=20", "--k", "5,10"];

  test("prints the leaderboard, writes both reports, and repeats one from its file", async () => {
    const first = join(folder, "first");
    const { code, out, err } = await ended(start([...CITY, "--models", "popularity", "--oracle", "--out", first]));
    expect(err).toContain("What to try next:");
    expect(code).toBe(0);
    for (const label of ["oracle", "popularity"]) expect(out).toMatch(new RegExp(`^${label} .*±`, "m"));
    expect(out).toContain(join(first, "report.html"));
    expect(out).not.toContain("\u001B");
    expect(await readdir(first)).toEqual(["queries.safetensors", "report.html", "report.json"]);
    expect(await readFile(join(first, "report.html"), "utf8")).toContain("</html>");
    const second = join(folder, "second");
    const config = ["--config", join(first, "report.json"), "--out", second, "--json", "--quiet"];
    const again = await ended(start(["evaluate", ...config]));
    expect(again).toMatchObject({ code: 0, err: "" });
    const [a, b] = [await report(first), JSON.parse(again.out) as Results];
    expect(b.models.map(({ label, metrics }) => ({ label, metrics }))).toEqual(
      a.models.map(({ label, metrics }) => ({ label, metrics })),
    );
  });

  test("stopped by Ctrl-C says how to go on, and --resume does", async () => {
    const out = join(folder, "stopped");
    const argv = [...CITY, "--models", "popularity", "--out", out];
    const child = start(argv);
    const end = ended(child);
    while (!existsSync(join(out, ".progress", "scratch"))) await sleep(20);
    child.kill("SIGINT");
    const stopped = await end;
    expect(stopped.code).toBe(130);
    expect(stopped.err).toContain(`--out ${out} --resume goes on`);
    expect(await readdir(out)).toEqual([".progress"]);
    const resumed = await ended(start([...argv, "--resume", "--quiet", "--json"]));
    expect(resumed).toMatchObject({ code: 0, err: "" });
    expect(await readdir(out)).toEqual(["queries.safetensors", "report.html", "report.json"]);
  });
});

interface Results {
  readonly models: readonly { readonly label: string; readonly metrics: unknown }[];
}

async function report(out: string): Promise<Results> {
  return JSON.parse(await readFile(join(out, "report.json"), "utf8")) as Results;
}
