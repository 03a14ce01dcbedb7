import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  decimal,
  dictionary,
  fixedSizeBinary,
  int64,
  list,
  tableFromArrays,
  tableToIPC,
  timeMillisecond,
  timestamp,
  TimeUnit,
  utf8,
} from "@uwdata/flechette";
import { afterAll, expect, test } from "vitest";
import { importDataset, type ImportOptions } from "../datasets/open-dataset.js";
import { unpackLz4Frame } from "./arrow-codecs.js";
import { PACKED, UNPACKED } from "./packed.fixture.js";

const folder = mkdtempSync(join(tmpdir(), "sequitur-packed-"));
afterAll(() => rmSync(folder, { recursive: true }));

const MAPPING = { user: "user", item: "item", time: "time" };

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function read(path: string, more: Partial<ImportOptions> = {}, mapping: object = MAPPING) {
  const source = { files: [path], ...more, mapping } as ImportOptions;
  return (await importDataset({ name: "mine", source })).interactions;
}

test.each(["bz2", "xz", "zst", "zip"] as const)("%s is unpacked", async (packing) => {
  const path = write(`log.csv.${packing}`, Buffer.from(PACKED[packing], "base64"));
  const { size, catalog } = await read(path);
  expect([size, catalog.users.size, catalog.items.size]).toEqual([3, 2, 2]);
});

test.each(["bz2", "xz", "zst"] as const)("a damaged %s is one line of bad-data", async (packing) => {
  const bytes = Buffer.from(PACKED[packing], "base64");
  await expect(read(write(`cut.csv.${packing}`, bytes.subarray(0, 30)))).rejects.toMatchObject({ code: "bad-data" });
});

test("one of several files in an archive is named with !", async () => {
  const path = write("two.zip", Buffer.from(PACKED.zipOfTwo, "base64"));
  await expect(read(path)).rejects.toThrow(
    /expected one file in the archive, got 2: name one as .*two\.zip!a\.csv or .*two\.zip!in\/b\.csv/,
  );
  expect((await read(`${path}!in/b.csv`)).size).toBe(3);
});

test("an LZ4 frame is unpacked", () => {
  expect(Buffer.from(unpackLz4Frame(Buffer.from(PACKED.lz4, "base64"))).toString()).toBe(UNPACKED);
});

/** 5 users, 4 items, 40 rows. */
const rows = Array.from({ length: 40 }, (_, row) => ({ user: row % 5, item: row % 4, ms: 1_703_089_039_000 + row }));
const BIG = 9_007_199_254_740_993n;

const forms: [string, object, (row: (typeof rows)[number]) => unknown, string][] = [
  ["64-bit integers", int64(), ({ user }) => BIG + BigInt(user), String(BIG + 1n)],
  ["decimals", decimal(38, 0), ({ user }) => BIG + BigInt(user), String(BIG + 1n)],
  ["dictionaries", dictionary(utf8()), ({ user }) => `u${user}`, "u1"],
  ["fixed bytes", fixedSizeBinary(4), ({ user }) => Uint8Array.of(200, 0, 0, user), "c8000001"],
];

function arrow(name: string, type: object, value: (row: (typeof rows)[number]) => unknown): string {
  const table = tableFromArrays(
    { user: rows.map(value), item: rows.map(({ item }) => `i${item}`), time: rows.map(({ ms }) => ms) },
    { types: { user: type, item: utf8(), time: timestamp(TimeUnit.MICROSECOND) } } as never,
  );
  return write(name, tableToIPC(table, { format: "file" } as never)!);
}

test.each(forms)("Arrow: %s are exact", async (what, type, value, second) => {
  const { size, catalog, times } = await read(arrow(`${what.replaceAll(" ", "-")}.feather`, type, value));
  expect([size, catalog.users.size, catalog.items.size]).toEqual([40, 5, 4]);
  expect(Math.min(...times)).toBe(1_703_089_039_000);
  expect(catalog.users.ids[1]).toBe(second);
});

test("Arrow: an extension that says nothing is no obstacle, lists explode, a time of day is refused", async () => {
  const { catalog } = await read(arrow("table.bin", utf8(), ({ user }) => `u${user}`));
  expect(catalog.users.size).toBe(5);
  const lists = tableFromArrays(
    { user: ["a", "b"], item: [[1n, 2n], [1n]], time: [[1_703_089_039n, 1_703_089_040n], [1_703_089_041n]] },
    { types: { item: list(int64()), time: list(int64()) } },
  );
  const path = write("lists.arrow", tableToIPC(lists, { format: "stream" } as never)!);
  await expect(read(path)).rejects.toThrow(/not a list/);
  expect((await read(path, { explode: ["item", "time"] })).size).toBe(3);
  const clock = tableFromArrays(
    { user: ["a"], item: ["b"], time: [30_034_000] },
    {
      types: { time: timeMillisecond() },
    },
  );
  await expect(read(write("clock.arrow", tableToIPC(clock, {})!))).rejects.toThrow(
    /got "08:20:34.000": a time of day has no date/,
  );
});
