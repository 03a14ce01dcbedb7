import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { importers } from "./importers.js";
import { readManifest } from "./manifest.js";
import { listDatasets, openDataset } from "./open-dataset.js";

const shipped = resolve(import.meta.dirname, "../../../../datasets");
const root = mkdtempSync(join(tmpdir(), "sequitur-open-"));
afterAll(() => rmSync(root, { recursive: true }));
let datasetsDir = "";
let count = 0;
beforeEach(() => {
  datasetsDir = join(root, String(count++));
  cpSync(join(shipped, "ml-100k"), join(datasetsDir, "ml-100k"), { recursive: true });
  rmSync(join(datasetsDir, "ml-100k", "raw"), { recursive: true, force: true });
  rmSync(join(datasetsDir, "ml-100k", "prepared"), { recursive: true, force: true });
});

const cached = (): string[] => readdirSync(join(datasetsDir, "ml-100k", "prepared"));
const sampleDir = (): string => join(datasetsDir, "ml-100k", "sample");

test("every shipped manifest is valid, names a known importer, and its sample opens", async () => {
  const listed = await listDatasets(shipped);
  expect(listed.map(({ manifest }) => manifest.name)).toEqual([
    "amazon-beauty",
    "amazon-sports",
    "amazon-toys",
    "city",
    "finn-slates",
    "foursquare-nyc",
    "foursquare-tky",
    "gowalla",
    "ml-100k",
    "ml-1m",
    "ml-25m",
    "ml-latest-small",
    "open-bandit",
  ]);
  for (const { manifest } of listed) {
    const { name, importer } = manifest;
    if (importer === null || manifest.files.length === 0) continue;
    expect(importers.has(importer)).toBe(true);
    const from = join(shipped, name, "sample");
    const dataset = await openDataset({ name, datasetsDir: shipped, from, cache: false });
    expect(dataset.interactions.size).toBeGreaterThan(0);
    expect(dataset.interactions.catalog.itemColumns.timeZones?.[0]).toBe(manifest.timeZone);
  }
});

test("the generated city needs no files and takes options", async () => {
  const options = { size: "tiny", seed: 3 };
  const dataset = await openDataset({ name: "city", datasetsDir: shipped, options });
  expect(dataset.notes[0]).toContain("size tiny, seed 3");
  const wrong = openDataset({ name: "city", datasetsDir: shipped, options: { sise: "tiny" } });
  await expect(wrong).rejects.toMatchObject({ code: "bad-config" });
});

test("a data set without importer, an unknown name and absent files say so", async () => {
  const unread = { ...JSON.parse(readFileSync(join(datasetsDir, "ml-100k", "dataset.json"), "utf8")), name: "unread" };
  mkdirSync(join(datasetsDir, "unread"));
  writeFileSync(join(datasetsDir, "unread", "dataset.json"), JSON.stringify({ ...unread, importer: null }));
  await expect(openDataset({ name: "unread", datasetsDir })).rejects.toMatchObject({ code: "unavailable" });
  await expect(openDataset({ name: "ml-100k", datasetsDir })).rejects.toThrow(
    /fetch it with "sequitur data get ml-100k"/,
  );
  await expect(openDataset({ name: "ml-101k", datasetsDir })).rejects.toThrow(
    /one of the data sets .*ml-100k, .*unread, got "ml-101k"/,
  );
  await expect(openDataset({ name: "x", datasetsDir: join(root, "no") })).rejects.toMatchObject({ code: "not-found" });
});

test("the prepared form is used while the files and options are the same", async () => {
  const request = { name: "ml-100k", datasetsDir, from: sampleDir() };
  const first = await openDataset(request);
  expect(first.notes).toEqual([
    "Not upstream's whole files: 12 of 943 users, 24 of 1682 items, 96 of 100000 interactions.",
  ]);
  expect(cached()).toHaveLength(1);
  const again = await openDataset(request);
  expect(again.interactions.catalog.itemColumns).toEqual(first.interactions.catalog.itemColumns);
  expect({ ...again, interactions: 0 }).toEqual({ ...first, interactions: 0 });
  expect(cached()).toHaveLength(1);
  utimesSync(join(sampleDir(), "u.data"), 5, 5);
  await openDataset(request);
  expect(cached()).toHaveLength(2);
});

test("a damaged prepared file is imported again and replaced", async () => {
  const request = { name: "ml-100k", datasetsDir, from: sampleDir() };
  const first = await openDataset(request);
  const path = join(datasetsDir, "ml-100k", "prepared", cached()[0]!);
  writeFileSync(path, "damaged");
  expect((await openDataset(request)).fingerprint).toBe(first.fingerprint);
  const reports: string[] = [];
  await openDataset({ ...request, report: ({ task }) => void reports.push(task) });
  expect(reports).toEqual([]);
});

test("without cache nothing is written; a cancelled import leaves nothing", async () => {
  const request = { name: "ml-100k", datasetsDir, from: sampleDir() };
  await openDataset({ ...request, cache: false });
  await expect(openDataset({ ...request, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "cancelled" });
  expect(readdirSync(join(datasetsDir, "ml-100k"))).not.toContain("prepared");
});

test("listing tells what is here", async () => {
  const stateOf = async (): Promise<string> =>
    (await listDatasets(datasetsDir)).find(({ manifest }) => manifest.name === "ml-100k")!.state;
  expect(await stateOf()).toBe("absent");
  mkdirSync(join(datasetsDir, "ml-100k", "raw"));
  expect(await stateOf()).toBe("absent");
  cpSync(sampleDir(), join(datasetsDir, "ml-100k", "raw"), { recursive: true });
  expect(await stateOf()).toBe("ready");
  expect((await openDataset({ name: "ml-100k", datasetsDir })).interactions.size).toBe(96);
});

test("manifests with unknown keys, paths that leave the folder, or another name are refused", async () => {
  const path = join(datasetsDir, "odd");
  mkdirSync(path);
  const base = { name: "odd", title: "O", description: "D", source: "", licence: "L", importer: null, revisits: false };
  const write = (value: unknown): void => writeFileSync(join(path, "dataset.json"), JSON.stringify(value));
  write({ ...base, licence: undefined });
  await expect(readManifest(datasetsDir, "odd")).rejects.toThrow(/dataset\.json: licence: /);
  write({ ...base, sha: 1 });
  await expect(readManifest(datasetsDir, "odd")).rejects.toThrow(/Unrecognized key/);
  write({ ...base, files: [{ path: "../../etc/passwd" }] });
  await expect(readManifest(datasetsDir, "odd")).rejects.toThrow(/files\.0\.path: expected a path inside/);
  write({ ...base, name: "even" });
  await expect(readManifest(datasetsDir, "odd")).rejects.toThrow(/expected the name "odd" like its folder, got "even"/);
  writeFileSync(join(path, "dataset.json"), "{");
  await expect(readManifest(datasetsDir, "odd")).rejects.toMatchObject({ code: "bad-data" });
});

test("shipped manifests serve a folder that has none, and what is prepared lies in that folder", async () => {
  const empty = join(datasetsDir, "new");
  expect((await readManifest(empty, "ml-1m")).title).toBe("MovieLens 1M");
  cpSync(sampleDir(), join(empty, "ml-100k", "raw"), { recursive: true });
  expect((await openDataset({ name: "ml-100k", datasetsDir: empty })).interactions.size).toBe(96);
  expect(readdirSync(join(empty, "ml-100k")).sort()).toEqual(["prepared", "raw"]);
});
