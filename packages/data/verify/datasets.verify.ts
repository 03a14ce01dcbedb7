import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { datasetStats, openDataset, openSourceFolder, readBanditLog, type Dataset } from "../src/index.js";

const datasetsDir = resolve(import.meta.dirname, "../../../datasets");
const local = resolve(process.env["SEQUITUR_DATASETS"] ?? resolve(import.meta.dirname, "../../../../shared/datasets"));

const absent = (folder: string): boolean => !existsSync(join(local, folder));
const open = (folder: string, name = folder, options: Record<string, unknown> = {}): Promise<Dataset> =>
  openDataset({ name, datasetsDir, from: join(local, folder), cache: false, options });

test("there are local copies to check (SEQUITUR_DATASETS or ../shared/datasets); what has none is skipped", (context) => {
  context.skip(!existsSync(local), `no folder of data sets at ${local}`);
  expect(existsSync(local)).toBe(true);
});

const day = (time: number): string => new Date(time).toISOString().slice(0, 10);

test.skipIf(absent("ml-100k"))("ml-100k: the published counts", async () => {
  const { interactions, notes } = await open("ml-100k");
  const stats = datasetStats(interactions);
  expect(stats).toMatchObject({ users: 943, items: 1682, interactions: 100_000, duplicates: 0, repeatedShare: 0 });
  expect([day(stats.firstTime), day(stats.lastTime)]).toEqual(["1997-09-20", "1998-04-22"]);
  expect([stats.titled, stats.categories]).toEqual([1682, 19]);
  const stars = [1, 2, 3, 4, 5].map((star) => interactions.context.weight!.filter((weight) => weight === star).length);
  expect(stars).toEqual([6110, 11_370, 27_145, 34_174, 21_201]);
  const { items, itemColumns } = interactions.catalog;
  expect(itemColumns.titles![items.indexOf("267")]).toBe("unknown");
  expect(itemColumns.titles!.filter((title) => title.includes("é")).length).toBeGreaterThan(0);
  expect(notes).toEqual([]);
});

test.skipIf(absent("ml-1m"))("ml-1m: the published counts", async () => {
  const { interactions, notes } = await open("ml-1m");
  const stats = datasetStats(interactions);
  expect(stats).toMatchObject({ users: 6040, items: 3706, interactions: 1_000_209, duplicates: 0, repeatedShare: 0 });
  expect([stats.perUser.min, stats.perUser.max, stats.titled]).toEqual([20, 2314, 3706]);
  const { users, items } = interactions.catalog;
  const first = [...interactions.items.subarray(0, 3)].map((item) => items.ids[item]);
  expect([users.ids[0], ...first]).toEqual(["1", "3186", "1721", "1022"]);
  expect(notes).toHaveLength(1);
});

test.skipIf(absent("ml-latest-small"))("ml-latest-small: the published counts", async () => {
  const { interactions } = await open("ml-latest-small");
  const stats = datasetStats(interactions);
  expect(stats).toMatchObject({ users: 671, items: 9066, interactions: 100_004, titled: 9066 });
  expect([day(stats.firstTime), day(stats.lastTime)]).toEqual(["1995-01-09", "2016-10-16"]);
});

test.skipIf(absent("foursquare-nyc"))("foursquare-nyc: the published counts", async () => {
  const { interactions, notes } = await open("foursquare-nyc");
  const stats = datasetStats(interactions);
  expect(stats).toMatchObject({ users: 1083, items: 4576, interactions: 138_264, duplicates: 364, categories: 207 });
  expect(stats.perUser).toEqual({ min: 10, median: 87, max: 2450 });
  expect([stats.perItem.min, stats.perItem.max]).toEqual([10, 1147]);
  expect(new Date(stats.firstTime).toISOString()).toBe("2012-04-03T18:00:00.000Z");
  expect(new Date(stats.lastTime).toISOString().slice(0, 16)).toBe("2013-02-16T02:34");
  expect(notes[0]).toContain("318 category ids under 207 names; 374 venues have several coordinates");
  expect(notes[1]).toBe("Not upstream's whole files: 4576 of 38333 items, 138264 of 227428 interactions.");
  const offsets = interactions.context.utcOffsetMinutes!;
  const countOf = (offset: number): number => offsets.filter((value) => value === offset).length;
  expect([540, 660, -420].map(countOf)).toEqual([74, 1, 1]);
  expect(countOf(-240) + countOf(-300)).toBe(138_264 - 76);
  const { itemColumns } = interactions.catalog;
  expect(itemColumns.categories!.flat()).toContain("Café");
  expect(itemColumns.timeZones![0]).toBe("America/New_York");
});

test.skipIf(absent("gowalla"))("gowalla: the published counts", async () => {
  const { interactions, notes } = await open("gowalla");
  const stats = datasetStats(interactions);
  expect(stats).toMatchObject({ users: 300, items: 24_374, interactions: 98_158 });
  const sessions = interactions.context.session!;
  const lengths = new Int32Array(5329);
  for (const session of sessions) lengths[session]! += 1;
  expect([Math.min(...lengths), lengths.toSorted()[2664], Math.max(...lengths)]).toEqual([10, 16, 50]);
  const cut = Date.parse(/test ones start at ([^,]+),/.exec(notes[0]!)![1]!);
  const isTest = interactions.times.map((time) => Number(time >= cut));
  expect(isTest.reduce((sum, flag) => sum + flag, 0)).toBe(31_730);
  expect(new Set(sessions.filter((_, row) => isTest[row] === 1)).size).toBe(1728);
  expect(notes[1]).toContain("5 locations have several coordinates");
});

test.skipIf(absent("amazon-beauty"))("amazon-beauty: the published counts", async () => {
  const { interactions } = await open("amazon-beauty");
  const stats = datasetStats(interactions);
  expect(stats).toMatchObject({
    users: 22_363,
    items: 12_101,
    interactions: 198_502,
    repeatedShare: 0,
    titled: 12_094,
  });
  expect([stats.perUser.min, stats.perUser.max]).toEqual([5, 204]);
  expect([day(stats.firstTime), day(stats.lastTime)]).toEqual(["2002-06-12", "2014-07-23"]);
  const sequences = await open("amazon-beauty", "amazon-beauty", { form: "user-sequence" });
  const numbered = await open("amazon-beauty", "amazon-beauty", { form: "numbered-sequence" });
  const titlesInOrder = ({ catalog, items }: Dataset["interactions"]): string[] =>
    Array.from(items, (item) => catalog.itemColumns.titles![item]!);
  expect(titlesInOrder(interactions)).toEqual(titlesInOrder(sequences.interactions));
  expect(titlesInOrder(numbered.interactions)).toEqual(titlesInOrder(sequences.interactions));
});

test.skipIf(absent("open-bandit-women"))("open-bandit: the published counts", async () => {
  const { interactions } = await open("open-bandit-women", "open-bandit");
  expect(datasetStats(interactions)).toMatchObject({ users: 205, items: 46, interactions: 10_000 });
  const folder = await openSourceFolder(join(local, "open-bandit-women"));
  const random = await readBanditLog({ folder, options: { policy: "random" } }, {});
  const bts = await readBanditLog({ folder, options: { policy: "bts" } }, {});
  const clicks = (log: typeof bts): number => log.interactions.context.weight!.reduce((sum, click) => sum + click, 0);
  const positions = (log: typeof bts): number[] =>
    [0, 1, 2].map((place) => log.interactions.context.position!.filter((position) => position === place).length);
  expect([clicks(random), clicks(bts)]).toEqual([46, 46]);
  expect(positions(random)).toEqual([3329, 3374, 3297]);
  expect(positions(bts)).toEqual([3288, 3360, 3352]);
  expect(new Set(random.propensities)).toEqual(new Set([1 / 46]));
  expect([Math.min(...bts.propensities), Math.max(...bts.propensities)]).toEqual([1e-6, expect.closeTo(0.9628, 4)]);
  expect(bts.interactions.catalog.users.size).toBe(212);
});
