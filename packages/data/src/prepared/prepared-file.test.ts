import { mkdtempSync, readFileSync, rmSync, writeFileSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { idTable, interactionsFrom, type ItemColumns } from "@sequitur/core";
import { afterAll, expect, test } from "vitest";
import { datasetFrom, type Dataset } from "../datasets/dataset.js";
import { fingerprint } from "./fingerprint.js";
import { loadPrepared, savePrepared } from "./prepared-file.js";

const folder = mkdtempSync(join(tmpdir(), "sequitur-prepared-"));
afterAll(() => rmSync(folder, { recursive: true }));

const everything: ItemColumns = {
  titles: ["Café", ""],
  categories: [["a", "b"], []],
  texts: { "a/b name": ["x", "y"], blurb: ["", "z"] },
  latitudes: Float64Array.of(1.5, Number.NaN),
  longitudes: Float64Array.of(-2.5, Number.NaN),
  openingHours: ["Mo-Fr 08:00-18:00", ""],
  timeZones: ["Europe/Rome", "Europe/Rome"],
};

function sample(itemColumns: ItemColumns = everything, weight = 4): Dataset {
  const catalog = { items: idTable(["i0", "日本"]), users: idTable(["007", "7"]), itemColumns };
  const interactions = interactionsFrom(catalog, {
    users: Int32Array.of(1, 0, 0),
    items: Int32Array.of(0, 1, 0),
    times: Float64Array.of(5.25, 9, 7),
    context: {
      weight: Float32Array.of(weight, 2, 3),
      position: Int32Array.of(0, 1, 2),
      session: Int32Array.of(5, 6, 7),
      latitude: Float64Array.of(1, 2, Number.NaN),
      longitude: Float64Array.of(3, 4, Number.NaN),
      utcOffsetMinutes: Int16Array.of(-240, 0, 540),
    },
  });
  const about = { name: "s", title: "S", licence: "L", citation: "C", revisits: true };
  return datasetFrom(about, { interactions, notes: ["as given"] });
}

test("what was saved is loaded, with every column", async () => {
  const path = join(folder, "new", "all.safetensors");
  const dataset = sample();
  await savePrepared(path, dataset);
  const loaded = await loadPrepared(path);
  const { interactions } = loaded;
  expect({ ...loaded, interactions: 0 }).toEqual({ ...dataset, interactions: 0 });
  expect(interactions.context).toEqual(dataset.interactions.context);
  expect(interactions.times).toEqual(dataset.interactions.times);
  expect(interactions.userOffsets).toEqual(dataset.interactions.userOffsets);
  expect(interactions.catalog.itemColumns).toEqual(everything);
  expect(interactions.catalog.users.indexOf("7")).toBe(1);
  expect(fingerprint(interactions)).toBe(dataset.fingerprint);
  expect(readdirSync(join(folder, "new"))).toEqual(["all.safetensors"]);
});

test("a data set without item columns is loaded without them", async () => {
  const path = join(folder, "bare.safetensors");
  await savePrepared(path, sample({}));
  expect((await loadPrepared(path)).interactions.catalog.itemColumns).toEqual({});
});

test("files that are cut, foreign or missing are refused", async () => {
  const path = join(folder, "cut.safetensors");
  await savePrepared(path, sample());
  writeFileSync(path, readFileSync(path).subarray(0, -64));
  await expect(loadPrepared(path)).rejects.toMatchObject({ code: "bad-artifact" });
  writeFileSync(path, "hello, this is no tensor file");
  await expect(loadPrepared(path)).rejects.toMatchObject({ code: "bad-artifact" });
  await expect(loadPrepared(join(folder, "none"))).rejects.toMatchObject({ code: "not-found" });
});

test("a failed write leaves the old file alone and nothing beside it", async () => {
  const target = join(folder, "taken");
  await savePrepared(join(target, "inner.safetensors"), sample());
  // The path is a folder with content: renaming onto it fails after the bytes were written.
  await expect(savePrepared(target, sample())).rejects.toThrow(/rename/);
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  expect(readdirSync(target)).toEqual(["inner.safetensors"]);
});

test("the fingerprint is fixed, and moves with any column", () => {
  const prints = [
    sample(),
    sample(everything, 5),
    sample({ ...everything, titles: ["Cafe", ""] }),
    sample({ ...everything, latitudes: Float64Array.of(1.5, 0) }),
    sample({ ...everything, texts: { blurb: ["", "z"] } }),
    sample({}),
  ].map((dataset) => dataset.fingerprint);
  expect(new Set(prints).size).toBe(prints.length);
  expect(sample().fingerprint).toBe(prints[0]);
  const { texts, ...rest } = everything;
  const reordered = { texts: Object.fromEntries(Object.entries(texts!).reverse()), ...rest };
  expect(sample(reordered).fingerprint).toBe(prints[0]);
  expect(prints[0]).toBe("04dbec74233c51c3b3e02c069f8e4fb3e54bec105c82d502bf5546dc3451ac95");
});
