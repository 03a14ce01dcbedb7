import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { testIo } from "./io.fixture.js";
import { main } from "./main.js";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "sequitur-files-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = testIo();
  const code = await main(argv, io);
  return { code, out: io.stdout.text(), err: io.stderr.text() };
}

/** 6 users, 5 items, 36 rows; the time in s, or what `time` makes of it. */
async function log(name: string, time: (seconds: number) => string | number = (seconds) => seconds): Promise<string> {
  const rows = Array.from(
    { length: 36 },
    (_, row) => `u${row % 6},i${(row * 7) % 5},${time(1_700_000_000 + row * 60)}`,
  );
  const path = join(folder, name);
  await writeFile(path, `user,item,time\n${rows.join("\n")}\n`);
  return path;
}

const sets = (): string => join(folder, "sets");

test("a profile ends in the command that imports the file, and evaluations take the file itself", async () => {
  const path = await log("clicks.csv");
  const profile = await run("data", "profile", path);
  expect(profile).toMatchObject({ code: 0, err: "" });
  expect(profile.out).toContain("This gives 6 users, 5 items and 36 interactions, 2023-11-14 to 2023-11-14.");
  const { command } = JSON.parse((await run("data", "profile", path, "--json")).out) as { command: string };
  expect(profile.out).toContain(`  ${command}\n`);
  const imported = await run(...command.split(" ").slice(1), "--out", sets(), "--json");
  expect(JSON.parse(imported.out)).toMatchObject({ users: 6, items: 5, interactions: 36 });
  const stats = await run("data", "stats", path, "--datasets-dir", sets(), "--json");
  expect(stats.code).toBe(0);
  expect(stats.err).toContain("is read as the data set clicks: --map user=user,item=item,time=time");
  const argv = ["evaluate", "--models", "popularity", "--out", join(folder, "report"), "--json", "-q"];
  const evaluated = await run(...argv, "--data", path, "--datasets-dir", sets());
  expect(JSON.parse(evaluated.out)).toMatchObject({ best: "popularity" });
  expect((await run("data", "stats", join(sets(), "clicks"), "--json")).out).toBe(stats.out);
});

test("a file whose mapping is not plain is refused with the flags to complete", async () => {
  const path = await log("years.csv", () => 2023);
  await mkdir(sets());
  const { code, err } = await run("evaluate", "--data", path, "--datasets-dir", sets(), "-q");
  expect(code).toBe(2);
  expect(err).toMatch(/column time does not read as times .*looks like a year/);
  expect(err).toContain(`sequitur data import ${path} --map user=user,item=item,order=rows --name years`);
});

test("a folder of train, valid and test files goes to a leaderboard at once, and says what training knows of the future", async () => {
  const bench = join(folder, "bench");
  await mkdir(bench);
  const part = (name: string, from: number, to: number) => {
    const rows = Array.from(
      { length: to - from },
      (_, i) => `u${(from + i) % 6},i${((from + i) * 7) % 5},${1_700_000_000 + from + i}`,
    );
    return writeFile(join(bench, name), `user,item,time\n${rows.join("\n")}\n`);
  };
  await part("train.csv", 0, 24);
  await part("valid.csv", 24, 30);
  await part("test.csv", 30, 36);
  await mkdir(sets());
  const argv = ["evaluate", "--models", "popularity", "--datasets-dir", sets(), "--json", "-q"];
  const whole = await run(...argv, "--data", bench, "--out", join(folder, "r1"));
  expect(JSON.parse(whole.out)).toMatchObject({
    config: { split: { kind: "given" } },
    protocol: { queries: { test: 6, validation: 6, train: 24 }, leakage: { questions: 6, withLaterTraining: 0 } },
  });
  // Without validation, and with the training after the test: both by flags, and both said.
  const files = ["--data", join(bench, "test.csv"), "--test", join(bench, "train.csv")];
  const turned = JSON.parse((await run(...argv, ...files, "--out", join(folder, "r2"))).out);
  expect(turned.protocol.leakage).toMatchObject({ withOwnLaterTraining: 6, laterShare: 1 });
  expect(turned.protocol.summary).toContain("TRAINED ON LATER EVENTS: 6 of 6 questions");
  expect(turned.protocol.notes).toContain("The data have no validation part: nothing is chosen by it.");
  const tuned = await run(...argv, ...files, "--tune", "2", "--out", join(folder, "r4"));
  expect(tuned).toMatchObject({ code: 2, err: expect.stringContaining("needs validation questions") });
});

test("data with an order only go from file to leaderboard, and splits by time are refused", async () => {
  const path = await log("ordered.csv", () => "");
  const flags = ["--map", "user=user,item=item,order=rows", "--out", join(sets(), "ordered")];
  expect((await run("data", "import", path, ...flags, "-q")).code).toBe(0);
  const argv = ["evaluate", "--data", join(sets(), "ordered"), "--models", "markov", "-q", "--out", join(folder, "r")];
  expect((await run(...argv)).out).toContain("markov");
  const { code, err } = await run(...argv, "--split", "temporal", "--out", join(folder, "r2"));
  expect(code).not.toBe(0);
  expect(err).toContain("the split temporal needs times");
});

test("folders of parts and globs are one table, whatever lies beside the parts", async () => {
  const parts = join(folder, "log.parts");
  await mkdir(join(parts, "day=2"), { recursive: true });
  await writeFile(join(parts, "_SUCCESS"), "");
  await writeFile(join(parts, "day=2", "part-0.csv"), "user,item,time\na,x,1700000000\n");
  await writeFile(join(parts, "part-0.csv"), "user,item,time\nb,y,1700000001\n");
  await writeFile(join(parts, "part-1.csv"), "user,item,time\nb,x,1700000002\n");
  const map = ["--map", "user=user,item=item,time=time", "--json"];
  const all = await run("data", "import", parts, ...map, "--out", join(sets(), "all"));
  expect(JSON.parse(all.out)).toMatchObject({ users: 2, items: 2, interactions: 3 });
  const some = await run("data", "import", join(parts, "part-*.csv"), ...map, "--out", join(sets(), "some"));
  expect(JSON.parse(some.out)).toMatchObject({ interactions: 2 });
  const none = await run("data", "import", join(parts, "no-*.csv"), ...map);
  expect(none.err).toMatch(/expected files like .*no-\*\.csv, found none/);
});

test("dates, bad rows and ids are read as the flags say", async () => {
  const path = join(folder, "us.csv");
  await writeFile(path, "user,item,time\n1.0,007,12/20/2023 16:17\n1,7,12/21/2023 08:00\n2,,12/21/2023 08:00\n");
  const map = ["--map", "user=user,item=item,time=time", "--json", "--out", join(sets(), "us")];
  const first = await run("data", "import", path, ...map);
  expect(first.err).toContain('--time-format "M/d/yyyy H:mm"');
  const flags = [
    "--time-format",
    "M/d/yyyy H:mm",
    "--time-zone",
    "America/New_York",
    "--skip-bad",
    "1",
    "--ids",
    "whole",
  ];
  const { out } = await run("data", "import", path, ...map, ...flags);
  expect(JSON.parse(out)).toMatchObject({
    users: 1,
    items: 1,
    interactions: 2,
    firstTime: Date.UTC(2023, 11, 20, 21, 17),
  });
  expect(out).toMatch(/Bad rows, skipped: 1 .*line 4: expected an id in column item/);
});

test("a benchmark hands out questions without answers; lists come back, are judged, and two models compared", async () => {
  const path = await log("shop.csv");
  await mkdir(sets());
  const place = ["--datasets-dir", sets()];
  const bench = join(folder, "bench");
  const leaky = await run(
    "data",
    "split",
    path,
    ...place,
    "--split",
    "temporal:validationFrom=0.3,testFrom=0.5",
    "--no-answers",
    "--out",
    bench,
    "-q",
  );
  expect(leaky).toMatchObject({ code: 2, err: expect.stringContaining("would have an answer in what is handed out") });
  expect((await run("data", "split", path, ...place, "--no-answers", "--out", bench, "-q")).code).toBe(0);
  expect((await readdir(bench)).sort()).toEqual([
    "README.md",
    "split.json",
    "test.jsonl",
    "train.csv",
    "validation.csv",
    "validation.jsonl",
  ]);
  const questions = (await readFile(join(bench, "test.jsonl"), "utf8")).trim().split("\n");
  expect(questions.map((line) => Object.keys(JSON.parse(line) as object)).flat()).not.toContain("answers");
  const lists = join(folder, "theirs.csv");
  const rows = questions.flatMap((_, query) => ["i0", "i1", "i2"].map((item, at) => `${query},${item},${at + 1}`));
  await writeFile(lists, `query,item,rank\n${rows.join("\n")}\n`);
  const report = join(folder, "judged");
  const flags = ["--keep-lists", "5", "--list-formats", "csv,parquet", "--out", report, "--json", "-q"];
  const judged = await run("judge", lists, "--benchmark", bench, ...place, ...flags);
  expect(judged).toMatchObject({ code: 0, err: "" });
  expect(
    JSON.parse(judged.out)
      .models.map(({ label }: { label: string }) => label)
      .sort(),
  ).toEqual(["popularity", "theirs"]);
  expect(await readdir(report)).toContain("lists.parquet");
  const page = join(folder, "compared.html");
  const compared = await run("compare", report, "--models", "popularity,theirs", "--out", page, "-q");
  expect(compared).toMatchObject({ code: 0, err: "", out: expect.stringContaining("# theirs against popularity") });
  expect(await readFile(page, "utf8")).toContain("theirs against popularity");
  expect((await run("compare", report)).err).toContain("of popularity, theirs, got none");
  await writeFile(path, `${await readFile(path, "utf8")}u1,i1,1700009999\n`);
  const other = await run("judge", lists, "--benchmark", bench, "--data", path, ...place, ...flags);
  expect(other).toMatchObject({ code: 1, err: expect.stringContaining("is not what") });
});
