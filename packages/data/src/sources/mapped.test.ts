import { applySignals } from "@sequitur/core";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, expect, test } from "vitest";
import { importDataset, type ImportOptions } from "../datasets/open-dataset.js";
import { loadPrepared, savePrepared } from "../prepared/prepared-file.js";

const folder = mkdtempSync(join(tmpdir(), "sequitur-mapped-"));
afterAll(() => rmSync(folder, { recursive: true }));

const mapping = {
  user: "who",
  item: "what",
  time: "when",
  weight: "stars",
  session: "visit",
  latitude: "lat",
  longitude: "lon",
  title: "name",
  category: "kind",
  text: ["blurb"],
};
const names = ["who", "what", "when", "stars", "visit", "lat", "lon", "name", "kind", "blurb"];
const rows = [
  ["007", "x", 1_500_000_300, 4.5, "s2", 40.5, -74, "Ex, the first", "a|b", "long"],
  ["7", "y", 1_500_000_100, 1, "s1", 41, -75, "Why", "b", ""],
  ["007", "y", 1_500_000_100, 2, "s1", 41, -75, "Why", "b", ""],
  ["007", "x", 1_500_000_100, 3, "s1", 40.5, -74, "Ex again", "c", "other"],
];

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const cell = (value: string | number): string => (String(value).includes(",") ? `"${value}"` : String(value));
const csv = [names, ...rows].map((row) => row.map(cell).join(",")).join("\n");
const jsonLines = rows
  .map((row) => JSON.stringify(Object.fromEntries(names.map((name, i) => [name, row[i]]))))
  .join("\n");
const parquet = new Uint8Array(
  parquetWriteBuffer({
    columnData: names.map((name, i) => ({ name, data: rows.map((row) => row[i]) })),
    rowGroupSize: 3,
  }),
);

const forms: [string, ImportOptions][] = [
  ["csv", { files: [write("log.csv", csv)], mapping }],
  ["packed csv", { files: [write("log.csv.gz", gzipSync(csv))], mapping }],
  ["tsv", { files: [write("log.tsv", [names, ...rows].map((row) => row.join("\t")).join("\r\n"))], mapping }],
  ["json lines", { files: [write("log.jsonl", jsonLines)], mapping }],
  ["packed json lines", { files: [write("log.json.gz", gzipSync(jsonLines))], mapping }],
  ["parquet", { files: [write("log.parquet", parquet)], mapping }],
];

test.each(forms)("%s gives the interactions, sorted, with every mapped column", async (_form, source) => {
  const { interactions, notes } = await importDataset({ name: "mine", source });
  const { catalog, context } = interactions;
  expect(catalog.users.ids).toEqual(["007", "7"]);
  expect(catalog.items.ids).toEqual(["x", "y"]);
  expect([...interactions.users]).toEqual([0, 0, 0, 1]);
  expect([...interactions.items]).toEqual([1, 0, 0, 1]);
  expect([...interactions.times].map((time) => time - 1_500_000_000_000)).toEqual([100_000, 100_000, 300_000, 100_000]);
  expect([...context.weight!]).toEqual([2, 3, 4.5, 1]);
  expect([...context.session!]).toEqual([1, 1, 0, 1]);
  expect([...context.latitude!]).toEqual([41, 40.5, 40.5, 41]);
  expect(catalog.itemColumns).toEqual({
    titles: ["Ex, the first", "Why"],
    categories: [["a", "b"], ["b"]],
    texts: { blurb: ["long", ""] },
  });
  expect(notes).toEqual(["Times were taken to be in s, as the first row suggests."]);
});

test("every form has the same fingerprint, and another row changes it", async () => {
  const prints = new Set<string>();
  for (const [, source] of forms) prints.add((await importDataset({ name: "mine", source })).fingerprint);
  expect(prints.size).toBe(1);
  const other = write("other.csv", csv.replace("4.5", "4"));
  prints.add((await importDataset({ name: "mine", source: { files: [other], mapping } })).fingerprint);
  expect(prints.size).toBe(2);
});

test("several files are one, and a table of items adds titles and places", async () => {
  const first = write("part-1.csv", "u,i,t\na,x,2011-01-01\n");
  const second = write("part-2.csv", "u,i,t\na,y,2011-01-02\n");
  const items = write("items.csv", "id,name,lat,lon\ny,Why,1.5,2.5\nz,Zed,3,4\nx,Ex,,\n");
  const source: ImportOptions = {
    files: [first, second],
    mapping: { user: "u", item: "i", time: "t" },
    items: { file: items, mapping: { item: "id", title: "name", latitude: "lat", longitude: "lon" } },
  };
  const { interactions } = await importDataset({ name: "mine", source });
  const { titles, latitudes } = interactions.catalog.itemColumns;
  // z has no events and stays in the catalogue.
  expect(titles).toEqual(["Ex", "Why", "Zed"]);
  expect([...latitudes!]).toEqual([Number.NaN, 1.5, 3]);
});

test("kinds, weights, event ids, attributes of items and of users are read, with their types", async () => {
  const log = write(
    "log.csv",
    "u,i,t,k,w,e\na,x,2011-01-01,view,,1\na,y,2011-01-02,dislike,-5,2\na,y,2011-01-03,view,2,2\n",
  );
  const items = write(
    "shop.csv",
    "id,p,n,ok,until,brand,sku\nx,9.5,3,yes,2030-01-01,Acme,007\ny,,0,no,,Bolt,12\nz,1,2,true,,,3\n",
  );
  const people = write("people.csv", "id,age,vip\na,41,true\nghost,9,false\n");
  const dataset = await importDataset({
    name: "shop",
    source: {
      files: [log],
      mapping: { user: "u", item: "i", time: "t", kind: "k", weight: "w", eventId: "e", signals: "view=2" },
      items: {
        file: items,
        mapping: {
          item: "id",
          price: "p",
          stock: "n",
          availability: "ok",
          availableUntil: "until",
          attributes: ["brand", "sku"],
        },
      },
      users: { file: people, mapping: { user: "id", attributes: ["age", "vip"] } },
    },
  });
  const { catalog, context, size } = dataset.interactions;
  expect(size).toBe(2);
  expect(dataset.notes).toContain("Rows that repeat an event id, left out: 1.");
  expect(dataset.eventIds).toEqual(["1", "2"]);
  expect(Array.from(context.kind!, (kind) => catalog.kinds![kind])).toEqual(["view", "dislike"]);
  expect([...context.weight!]).toEqual([Number.NaN, -5]);
  expect(dataset.signals?.kinds["view"]).toMatchObject([{ role: "positive", value: 2 }]);
  expect(catalog.itemColumns.attributes).toEqual({
    price: [9.5, null, 1],
    stock: [3, 0, 2],
    brand: ["Acme", "Bolt", null],
    sku: ["007", "12", "3"],
  });
  expect([...catalog.itemColumns.availableUntil!]).toEqual([Date.UTC(2030, 0, 1), 0, Number.NaN]);
  expect(catalog.userAttributes).toEqual({ age: [41], vip: [true] });
  const path = join(folder, "kept.safetensors");
  await savePrepared(path, dataset);
  const { interactions, ...about } = await loadPrepared(path);
  expect(about).toEqual({ ...dataset, interactions: undefined });
  expect(interactions.catalog.itemColumns).toEqual(catalog.itemColumns);
  expect(interactions.catalog.userAttributes).toEqual(catalog.userAttributes);
  expect(interactions.context).toEqual(context);
});

test("a mapped value counts as it is; weights beyond single precision and doubtful mappings are refused", async () => {
  const log = write("values.csv", "u,i,t,v\na,x,2011-01-01,3\na,y,2011-01-02,-1\na,z,2011-01-03,\n");
  const base = { user: "u", item: "i", time: "t" };
  const { signals, interactions } = await importDataset({
    name: "mine",
    source: { files: [log], mapping: { ...base, value: "v" } },
  });
  const read = applySignals(interactions, signals);
  expect([[...read.context.role!], [...read.context.value!]]).toEqual([
    [1, -1, 1],
    [3, 1, 1],
  ]);
  const reading = (mapping: ImportOptions["mapping"], file = log): Promise<unknown> =>
    importDataset({ name: "mine", source: { files: [file], mapping } });
  await expect(reading({ ...base, value: "v", weight: "v" })).rejects.toThrow(/weight or value/);
  await expect(reading({ ...base, value: "v", signals: "view=1" })).rejects.toThrow(/signals or value/);
  const large = write("large.csv", "u,i,t,v\na,x,2011-01-01,1e39\n");
  await expect(reading({ ...base, weight: "v" }, large)).rejects.toThrow(/3.4e38/);
});

test("a table of items adds opening hours and time zones, and a zone that does not exist is named with its line", async () => {
  const log = write("visits.csv", "u,i,t\na,x,2011-01-01\na,y,2011-01-02\n");
  const mapping = { user: "u", item: "i", time: "t" };
  const itemsOf = (file: string) => ({ file, mapping: { item: "id", openingHours: "hours", timeZone: "zone" } });
  const good = write("places.csv", 'id,hours,zone\ny,"Mo-Fr 9-17; PH off",Europe/Rome\nx,,\n');
  const { interactions } = await importDataset({
    name: "mine",
    source: { files: [log], mapping, items: itemsOf(good) },
  });
  const { openingHours, timeZones } = interactions.catalog.itemColumns;
  expect([openingHours, timeZones]).toEqual([
    ["", "Mo-Fr 9-17; PH off"],
    ["", "Europe/Rome"],
  ]);
  const bad = write("bad-places.csv", "id,hours,zone\nx,24/7,Mars/Olympus\n");
  await expect(importDataset({ name: "mine", source: { files: [log], mapping, items: itemsOf(bad) } })).rejects.toThrow(
    /bad-places.csv.*2.*IANA name such as Europe\/Rome.*Mars\/Olympus/,
  );
});

test("swapped coordinates are called that", async () => {
  const path = write("swapped.csv", "u,i,t,lat,lon\na,x,1500000005,-122.4,37.7\n");
  const mapping = { user: "u", item: "i", time: "t", latitude: "lat", longitude: "lon" };
  await expect(importDataset({ name: "mine", source: { files: [path], mapping } })).rejects.toThrow(/swapped/);
});

test("a table without a header is mapped by numbers", async () => {
  const path = write("bare.tsv", "a\tx\t1500000005\na\ty\t1500000006\n");
  const source = { files: [path], mapping: { user: "1", item: "2", time: "3" }, header: false };
  expect((await importDataset({ name: "mine", source })).interactions.size).toBe(2);
});

test("exact duplicates are kept and counted", async () => {
  const path = write("twice.csv", "u,i,t\na,x,1500000005\na,x,1500000005\na,x,1500000006\nb,x,1500000005\n");
  const { interactions, notes } = await importDataset({
    name: "mine",
    source: { files: [path], mapping: { user: "u", item: "i", time: "t", timeUnit: "s" } },
  });
  expect(interactions.size).toBe(4);
  expect(notes).toEqual(["Exact duplicate rows, kept: 1."]);
});

const bad: [string, string, RegExp][] = [
  ["an unknown column", "a,b,when\n1,2,3\n", /expected a column "who", got the columns a, b, when\.$/],
  ["an empty id", "who,what,when\n1,,3\n", /line 2: expected an id in column what, got ""/],
  [
    "a time that is NaN",
    "who,what,when\n1,2,1500000003\n1,2,NaN\n",
    /line 3: expected a number in column when, got "NaN"/,
  ],
  ["a header alone", "who,what,when\n", /expected rows below the header, got none/],
];
test.each(bad)("%s is one line of bad-data", async (_what, content, message) => {
  const path = write("bad.csv", content);
  const source = { files: [path], mapping: { user: "who", item: "what", time: "when" } };
  const importing = importDataset({ name: "mine", source });
  await expect(importing).rejects.toThrow(message);
  await expect(importing).rejects.toMatchObject({ code: "bad-data" });
});

test("coordinates out of range, fractions of a position and bad offsets are bad-data", async () => {
  const read = async (row: string): Promise<unknown> => {
    const path = write("geo.csv", `u,i,t,lat,lon,p,o\n${row}\n`);
    const mapping = {
      user: "u",
      item: "i",
      time: "t",
      latitude: "lat",
      longitude: "lon",
      position: "p",
      utcOffsetMinutes: "o",
    };
    return importDataset({ name: "mine", source: { files: [path], mapping } });
  };
  await expect(read("a,b,1500000001,90.5,0,0,0")).rejects.toThrow(
    /line 2: expected degrees in \[-90, 90\] .*in latitude, got "90.5"/,
  );
  await expect(read("a,b,1500000001,0,-181,0,0")).rejects.toThrow(
    /expected degrees in \[-180, 180\] in longitude, got "-181"/,
  );
  await expect(read("a,b,1500000001,0,0,1.5,0")).rejects.toThrow(
    /expected a whole number from 0 in position, got "1.5"/,
  );
  await expect(read("a,b,1500000001,0,0,1,1200")).rejects.toThrow(
    /expected whole minutes in .* in UTC offset, got "1200"/,
  );
});

test("broken JSON lines and Parquet files name file and place", async () => {
  const read = async (path: string): Promise<unknown> =>
    importDataset({ name: "mine", source: { files: [path], mapping: { user: "who", item: "what", time: "when" } } });
  await expect(read(write("b.jsonl", '{"who":1}\n{"who":\n'))).rejects.toThrow(
    /b\.jsonl, line 2: expected a JSON object, got "{"who":"/,
  );
  await expect(
    read(write("c.jsonl", '{"who":"a","what":"b","when":1500000001}\n{"who":"a","what":"b"}\n')),
  ).rejects.toThrow(/c\.jsonl, line 2: expected a time in s in column when, got ""/);
  await expect(read(write("cut.parquet", parquet.subarray(0, 200)))).rejects.toThrow(
    /cut\.parquet: expected a Parquet file, got: /,
  );
  await expect(
    read(write("other.parquet", new Uint8Array(parquetWriteBuffer({ columnData: [{ name: "z", data: [1] }] })))),
  ).rejects.toThrow(/expected a column "who", got the columns z\.$/);
  await expect(read(join(folder, "none.parquet"))).rejects.toMatchObject({ code: "not-found" });
});

test("a mapping with an unknown key or one coordinate is bad-config", async () => {
  const unknown = { files: ["x.csv"], mapping: { user: "u", item: "i", time: "t", tiem: "t" } };
  await expect(importDataset({ name: "mine", source: unknown })).rejects.toThrow(
    /unknown key "tiem" in mapping: did you mean "item"/,
  );
  const half = { files: ["x.csv"], mapping: { user: "u", item: "i", time: "t", latitude: "l" } };
  await expect(importDataset({ name: "mine", source: half })).rejects.toThrow(/latitude and longitude together/);
  const odd = { files: ["x.docx"], mapping: { user: "u", item: "i", time: "t" } };
  await expect(importDataset({ name: "mine", source: odd })).rejects.toThrow(
    /x\.docx: expected a name that ends in csv/,
  );
});
