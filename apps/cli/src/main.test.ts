import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { testIo, type TestIo } from "./io.fixture.js";
import { main } from "./main.js";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "sequitur-cli-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(argv: readonly string[], changes: Partial<TestIo> = {}): Promise<Outcome> {
  const io = testIo(changes);
  const code = await main(argv, io);
  return { code, out: io.stdout.text(), err: io.stderr.text() };
}

const COMMANDS = ["", "data", "data list", "data get", "data import", "data stats", "data split", "evaluate"];

describe("help", () => {
  test.each(COMMANDS)("of '%s' goes to stdout with examples", async (command) => {
    const { code, out, err } = await run([...command.split(" ").filter(Boolean), "--help"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain(`Usage: sequitur${command === "" ? "" : ` ${command}`}`);
    expect(out).toMatch(/Examples:\n {2}\$ sequitur /);
    expect(out).toContain("--debug");
  });

  test("fits 80 columns outside the examples", async () => {
    for (const command of COMMANDS) {
      const { out } = await run([...command.split(" ").filter(Boolean), "--help"]);
      const lines = out.slice(0, out.indexOf("Examples:")).split("\n");
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  test("the version is that of the package", async () => {
    const { version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect(await run(["--version"])).toEqual({ code: 0, out: `${version}\n`, err: "" });
  });
});

describe("bad usage ends with 2 and one line on stderr", () => {
  test.each([
    ["an unknown command", "nonsense", "unknown command 'nonsense'"],
    ["a misspelt command", "data lst", "Did you mean list?"],
    ["an unknown flag", "evaluate --modles ease", "unknown option '--modles' (Did you mean --models?)"],
    ["a missing argument", "data get", "missing required argument 'name'"],
    ["a missing flag", "data split city", "required option '--out <dir>' not specified"],
    ["a value that is no number", "evaluate --models ease --k five", 'Expected a number, got "five"'],
    ["a pair without =", "data stats city --option size", 'Expected key=value, got "size"'],
    ["a map without columns", "data import a.csv", "--map user=...,item=...,time=... or --map-file"],
    ["a map that lacks the user", "data import a.csv --map item=i,time=t", "mapping.user"],
    ["two columns for one thing", "data import a.csv --map user=a,user=b", "one column for user"],
    ["an unknown data set", "data stats nowhere", 'got "nowhere"'],
    ["an unknown split", "data split city --out x --split alphabetical", "--split:"],
    ["an unknown filter", "data stats city --filter tidy", "--filter:"],
    ["an unknown model", "evaluate --models popularty", 'no model is called "popularty"; did you mean popularity?'],
    ["a cut-off of nothing", "evaluate --models popularity --k 0", "k.0"],
    ["an unknown choice", "evaluate --models popularity --exclude some", "exclude"],
    ["an unknown field", "evaluate --models popularity --set tune.trails=3", "trials"],
    ["data that are not there", "evaluate --models popularity --data atlantis", "atlantis"],
    ["a split with half a field", "evaluate --models popularity --split leave-one-out:x", "key=value"],
    [
      "--out with --datasets-dir",
      "data import a.csv --map user=a,item=b,time=c --out x/y --datasets-dir z",
      "--out already sets the folder",
    ],
  ])("%s", async (_what, command, message) => {
    const { code, out, err } = await run(command.split(" "));
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toMatch(/^sequitur: [^\n]+\n$/);
    expect(err).toContain(message);
  });

  test.each(["", "data"])("'%s' alone shows its help on stderr", async (command) => {
    const { code, out, err } = await run(command.split(" ").filter(Boolean));
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("Usage: sequitur");
  });
});

describe("failures", () => {
  test("end with 1 and one line; --debug and SEQUITUR_DEBUG add the stack", async () => {
    const argv = ["data", "stats", "ml-100k", "--from", join(folder, "missing")];
    const plain = await run(argv);
    expect(plain.code).toBe(1);
    expect(plain.err).toMatch(/^sequitur: [^\n]+missing[^\n]*\n$/);
    expect((await run([...argv, "--debug"])).err).toMatch(/\n {4}at /);
    expect((await run(argv, { env: { SEQUITUR_DEBUG: "1" } })).err).toMatch(/\n {4}at /);
    expect((await run(argv, { env: { SEQUITUR_DEBUG: "0" } })).err).toBe(plain.err);
  });

  test("a message cannot steer the terminal or break the line", async () => {
    const { err } = await run(["data", "stats", "a\u001B[2J\nb"]);
    expect(err).not.toContain("\u001B");
    expect(err.trim().split("\n")).toHaveLength(1);
  });

  test("being stopped ends with 130", async () => {
    const stopped = new AbortController();
    stopped.abort();
    const { code, err } = await run(["data", "split", "city", "--option", "size=tiny", "--out", join(folder, "s")], {
      signal: stopped.signal,
    });
    expect(code).toBe(130);
    expect(err).toMatch(/^sequitur: [^\n]+\n$/);
    expect(await readdir(folder)).toEqual([]);
  });

  test("without a network a download says so and leaves no half file", async () => {
    await run(["data", "import", await clicks(), ...MAP, "--out", join(folder, "sets", "shop")]);
    const manifest = join(folder, "sets", "shop", "dataset.json");
    const text = await readFile(manifest, "utf8");
    const remote = text.replace(
      '"path": "clicks.csv"',
      '"path": "far.csv", "urls": ["https://example.invalid/far.csv"]',
    );
    await writeFile(manifest, remote);
    const { code, err } = await run(["data", "get", "shop", "--datasets-dir", join(folder, "sets")]);
    expect(code).toBe(1);
    expect(err).toMatch(/^sequitur: [^\n]*far\.csv[^\n]*\n$/);
    expect(await readdir(join(folder, "sets", "shop", "raw"))).not.toContain("far.csv");
  });
});

const MAP = ["--map", "user=uid,item=sku,time=ts:s"];

async function clicks(rows = 30, name = "clicks.csv"): Promise<string> {
  const lines = Array.from({ length: rows }, (_, i) => `u${i % 5},"item, ${i % 7}",${1_600_000_000 + i * 60}`);
  const path = join(folder, name);
  await writeFile(path, `uid,sku,ts\n${lines.join("\n")}\n`);
  return path;
}

describe("own data", () => {
  const sets = (): string => join(folder, "sets");
  const importClicks = async (...more: string[]): Promise<Outcome> =>
    run(["data", "import", await clicks(), ...MAP, "--out", join(sets(), "shop"), "--json", ...more]);

  test("are imported once and then known by name to every command", async () => {
    const { code, out, err } = await importClicks();
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(JSON.parse(out)).toMatchObject({ name: "shop", users: 5, items: 7, interactions: 30 });
    const listed = await run(["data", "list", "--datasets-dir", sets(), "--json"]);
    expect(JSON.parse(listed.out)).toContainEqual(expect.objectContaining({ name: "shop", state: "ready" }));
    const stats = await run(["data", "stats", "shop", "--datasets-dir", sets(), "--json"]);
    expect(JSON.parse(stats.out)).toEqual(JSON.parse(out));
  });

  test("filters apply before the statistics", async () => {
    await importClicks();
    const filter = ["--filter", "deduplicate:by=user-item", "--json"];
    const { out } = await run(["data", "stats", "shop", "--datasets-dir", sets(), ...filter]);
    expect(JSON.parse(out)).toMatchObject({ interactions: 30 });
    const twice = join(folder, "twice.csv");
    await writeFile(twice, "uid,sku,ts\na,x,1\na,x,2\na,y,3\n");
    await run(["data", "import", twice, ...MAP, "--out", join(sets(), "twice")]);
    const fewer = await run(["data", "stats", "twice", "--datasets-dir", sets(), ...filter]);
    expect(JSON.parse(fewer.out)).toMatchObject({ interactions: 2 });
  });

  test("are not replaced without --force, and --force replaces them", async () => {
    await importClicks();
    const refused = await importClicks();
    expect(refused.code).toBe(2);
    expect(refused.err).toContain("--force replaces it");
    const more = await clicks(40);
    const forced = await run(["data", "import", more, ...MAP, "--out", join(sets(), "shop"), "--json", "--force"]);
    expect(JSON.parse(forced.out)).toMatchObject({ interactions: 40 });
    expect(await readdir(sets())).toEqual(["shop"]);
  });

  test("a bad row names file and line and leaves what was there before", async () => {
    await importClicks();
    const bad = join(folder, "clicks.csv");
    await writeFile(bad, "uid,sku,ts\na,x,1\na,y,soon\n");
    const argv = ["data", "import", bad, ...MAP, "--out", join(sets(), "shop"), "--force"];
    const { code, err } = await run(argv);
    expect(code).toBe(1);
    expect(err).toMatch(/^sequitur: [^\n]*, line 3: [^\n]*soon[^\n]*\n$/);
    expect(err).toContain(`sequitur: ${bad}, line 3`);
    const stats = await run(["data", "stats", "shop", "--datasets-dir", sets(), "--json"]);
    expect(JSON.parse(stats.out)).toMatchObject({ interactions: 30 });
    const fresh = await run(["data", "import", bad, ...MAP, "--out", join(sets(), "new")]);
    expect(fresh.code).toBe(1);
    expect(await readdir(sets())).toEqual(["shop"]);
  });

  test("a data set that came with the program is never replaced", async () => {
    const theirs = join(sets(), "theirs");
    await importClicks();
    await run(["data", "import", await clicks(), ...MAP, "--out", theirs]);
    const manifest = join(theirs, "dataset.json");
    await writeFile(manifest, (await readFile(manifest, "utf8")).replace('"mapped"', '"movielens"'));
    const { code, err } = await run(["data", "import", await clicks(), ...MAP, "--out", theirs, "--force"]);
    expect(code).toBe(2);
    expect(err).toContain("choose another --name");
  });

  test("columns may come from a file, with a table of items", async () => {
    await writeFile(join(folder, "items.csv"), 'sku,name\n"item, 1",First\n');
    const mapFile = join(folder, "mapping.json");
    await writeFile(mapFile, JSON.stringify({ mapping: { user: "uid", item: "sku", time: "ts", timeUnit: "s" } }));
    const items = ["--items", join(folder, "items.csv"), "--items-map", "item=sku,title=name"];
    const out = join(sets(), "mapped");
    const outcome = await run([
      "data",
      "import",
      await clicks(),
      "--map-file",
      mapFile,
      ...items,
      "--out",
      out,
      "--json",
    ]);
    expect(outcome.err).toBe("");
    expect(JSON.parse(outcome.out)).toMatchObject({ interactions: 30, titled: 1 });
  });
});

test("statistics read as a table with names and units", async () => {
  const { code, out, err } = await run([
    "data",
    "import",
    await clicks(),
    ...MAP,
    "--out",
    join(folder, "sets", "shop"),
  ]);
  expect(code).toBe(0);
  expect(out).toMatch(/^interactions +30$/m);
  expect(out).toMatch(/^interactions per user +6 to 6, median 6$/m);
  expect(out).toMatch(/^first +2020-09-13 12:26 UTC$/m);
  expect(err).not.toContain("--revisits");
  expect(err).toContain("Next: sequitur evaluate --data shop --datasets-dir");
});

test("an import says when users come back to items, for that decides what rankings leave out", async () => {
  const log = join(folder, "visits.csv");
  await writeFile(log, "uid,sku,ts\na,x,1\na,x,2\na,y,3\n");
  const argv = ["data", "import", log, ...MAP, "--out", join(folder, "sets", "visits")];
  expect((await run(argv)).err).toContain("--revisits --force");
  expect((await run([...argv, "--revisits", "--force"])).err).not.toContain("--revisits --force");
});

test("data get copies a local folder and says which checksums hold", async () => {
  const sets = join(folder, "sets");
  await run(["data", "import", await clicks(), ...MAP, "--out", join(sets, "shop")]);
  await rm(join(sets, "shop", "raw"), { recursive: true });
  const argv = ["data", "get", "shop", "--datasets-dir", sets, "--from", folder];
  const { code, out, err } = await run(argv);
  expect(code).toBe(0);
  expect(out).toMatch(/^clicks\.csv +copied +no checksum known$/m);
  expect(err).toContain("Next: sequitur data stats shop");
  const stats = await run(["data", "stats", "shop", "--datasets-dir", sets, "--json"]);
  expect(JSON.parse(stats.out)).toMatchObject({ interactions: 30 });
});

describe("data split", () => {
  test("writes files that hold every interaction once, by time, and refuses a full folder", async () => {
    const sets = join(folder, "sets");
    await run(["data", "import", await clicks(), ...MAP, "--out", join(sets, "shop")]);
    const out = join(folder, "split");
    const argv = ["data", "split", "shop", "--datasets-dir", sets, "--out", out, "--json"];
    const { code, out: text, err } = await run(argv);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(JSON.parse(text)).toMatchObject({ data: "shop", train: 20, validation: 5, test: 5 });
    expect(await readdir(folder)).not.toContain("split.part");
    const train = (await readFile(join(out, "train.csv"), "utf8")).trim().split("\n");
    expect(train).toHaveLength(21);
    expect(train.slice(0, 2)).toEqual(["user,item,time", 'u0,"item, 0",1600000000000']);
    const queries = (await readFile(join(out, "test.jsonl"), "utf8")).trim().split("\n");
    const first = JSON.parse(queries[0]!) as { user: string; history: string[]; times: number[]; answers: string[] };
    expect(first).toMatchObject({ user: "u0", history: ["item, 0", "item, 5", "item, 3", "item, 1", "item, 6"] });
    expect(first.answers).toEqual(["item, 4"]);
    expect(first.times).toEqual(first.times.toSorted((a, b) => a - b));
    const answers = (await readFile(join(out, "test.csv"), "utf8")).trim().split("\n");
    expect(answers[1]).toBe(`0,u0,"item, 4",${1_600_000_000_000 + 25 * 60_000}`);
    const again = await run(argv);
    expect(again.code).toBe(2);
    expect(again.err).toContain("new or empty folder");
  });
});

test("--quiet keeps stderr empty, hints are left out", async () => {
  const loud = await run(["data", "list"]);
  expect(loud.err).toContain("data get");
  const quiet = await run(["data", "list", "--quiet"]);
  expect(quiet).toEqual({ code: 0, out: loud.out, err: "" });
});
