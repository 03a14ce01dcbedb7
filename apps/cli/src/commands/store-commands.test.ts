import { decodeTensorFile, stringsOf } from "@sequitur/core";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { testIo } from "../io.fixture.js";
import { main } from "../main.js";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "sequitur-store-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = testIo({ now: Date.now });
  const code = await main(argv, io);
  return { code, out: io.stdout.text(), err: io.stderr.text() };
}

describe("help", () => {
  test.each(["import", "train", "serve", "export", "start"])(
    "of %s has examples and fits 80 columns",
    async (command) => {
      const { code, out } = await run(command, "--help");
      expect(code).toBe(0);
      expect(out).toContain("DATABASE_URL");
      expect(out).toMatch(/Examples:\n {2}\$ /);
      for (const line of out.slice(0, out.indexOf("Examples:")).split("\n"))
        expect(line.length).toBeLessThanOrEqual(80);
    },
  );
});

describe("a store on disk", () => {
  test("is filled, learned from, served and written out, each by one command", { timeout: 120_000 }, async () => {
    const dir = join(folder, "shop");
    const sizes = "size=tiny,users=30,places=100,months=2";
    const empty = await run("train", "--model", "popularity", "--dir", dir, "--quiet");
    expect(empty).toMatchObject({ code: 1, err: expect.stringContaining("found none; import data") });

    const first = await run("import", "--data", "city", "--option", sizes, "--dir", dir, "--json");
    expect(first).toMatchObject({ code: 0 });
    const imported = JSON.parse(first.out) as { rows: number; added: number };
    expect(imported.added).toBeGreaterThan(100);
    expect(imported.rows).toBe(imported.added);
    const again = await run("import", "--data", "city", "--option", sizes, "--dir", dir, "--json");
    expect(JSON.parse(again.out)).toMatchObject({ rows: imported.rows, added: 0, items: { added: 0, kept: 0 } });

    const trained = await run("train", "--from-store", "--model", "markov", "--dir", dir, "--quiet");
    expect(trained).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^version 1: markov 1 answers in slot default/),
    });
    expect(await readdir(join(dir, "models"))).toHaveLength(3);

    const served = await run("serve", "--port", "0", "--dir", dir, "--once");
    expect(served).toMatchObject({ code: 0, err: "" });
    expect(served.out).toMatch(/export KEY=sq_\w+/);
    expect(served.out).toMatch(/curl -s http:\/\/127\.0\.0\.1:\d+\/v1\/next-poi /);
    const second = await run("serve", "--port", "0", "--dir", dir, "--once");
    expect(second.out).not.toContain("export KEY=");

    const file = join(folder, "all.parquet");
    const written = await run("export", "--out", file, "--dir", dir, "--json");
    expect(JSON.parse(written.out)).toEqual({ rows: imported.added, file });
    expect((await readFile(file)).subarray(0, 4).toString()).toBe("PAR1");
  });
});

test(
  "items without events, with their attributes, are known from the file to the served model",
  { timeout: 120_000 },
  async () => {
    const [log, table] = [join(folder, "log.csv"), join(folder, "items.csv")];
    const events = Array.from(
      { length: 300 },
      (_, row) => `u${row % 40},i${(row * 7) % 114},${1_700_000_000 + 60 * row}`,
    );
    await writeFile(log, ["user,item,time", ...events].join("\n"));
    const items = Array.from(
      { length: 800 },
      (_, item) => `i${item},Item ${item},${item % 90},${item % 5},brand${item % 7}`,
    );
    await writeFile(table, ["id,name,price,stock,brand", ...items].join("\n"));
    const map = ["--map", "user=user,item=item,time=time", "--items", table];
    const columns = ["--items-map", "item=id,title=name,price=price,stock=stock,attribute=brand"];
    const out = join(folder, "data");
    const kept = await run(
      "data",
      "import",
      log,
      ...map,
      ...columns,
      "--name",
      "shop",
      "--datasets-dir",
      out,
      "--quiet",
    );
    expect(kept).toMatchObject({ code: 0 });
    const dir = join(folder, "store");
    const imported = await run("import", "--data", "shop", "--datasets-dir", out, "--dir", dir, "--json");
    expect(JSON.parse(imported.out)).toMatchObject({ rows: 300, items: { added: 800 } });
    expect(await run("train", "--model", "popularity", "--dir", dir, "--quiet")).toMatchObject({ code: 0 });
    const models = join(dir, "models");
    for (const file of await readdir(models)) {
      const { tensors } = decodeTensorFile(await readFile(join(models, file)), file);
      expect(stringsOf(tensors.get("catalog.items"), file)).toHaveLength(800);
    }
  },
);

describe("bad usage", () => {
  test.each([
    [["train"], /--model <name>/],
    [["import"], /--data <name>/],
    [["export"], /--out <file>/],
    [["serve", "--set", "prot=1"], /--set: .*prot/],
    [["serve", "--log-level", "loud"], /loud/],
    [["train", "--model", "easy", "--dir", "DIR"], /did you mean ease/i],
  ])("%j ends with one line", async (argv, message) => {
    const { code, err } = await run(...argv.map((word) => word.replace("DIR", join(folder, "x"))));
    expect(code).not.toBe(0);
    expect(err).toMatch(message);
  });
});
