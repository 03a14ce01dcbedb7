import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { importers } from "../datasets/importers.js";
import type { Imported } from "./importer.js";
import { readBanditLog } from "./open-bandit.js";
import { openSourceFolder } from "./source-folder.js";

const root = mkdtempSync(join(tmpdir(), "sequitur-upstream-"));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;

type Files = Readonly<Record<string, string | Uint8Array>>;

async function folderOf(files: Files): ReturnType<typeof openSourceFolder> {
  const path = join(root, String(folders++));
  mkdirSync(path);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return openSourceFolder(path);
}

async function read(importer: string, files: Files, options: Record<string, unknown> = {}): Promise<Imported> {
  return importers.get(importer)!({ folder: await folderOf(files), options }, {});
}

const latin = (text: string): Uint8Array => Buffer.from(text, "latin1");

test("MovieLens 100K: flags become genres by u.genre, titles are ISO-8859-1, ties keep the file's order", async () => {
  const { interactions, notes } = await read("movielens", {
    "u.data": "2\t20\t3\t100\n1\t10\t5\t200\n1\t30\t4\t100\n1\t20\t1\t200\n",
    "u.item": latin("10|Misérables, Les|||x|0|1|1\n20|B|||x|1|0|0\n30|C|||x|0|0|0\n40|Unrated|||x|0|0|1\n"),
    "u.genre": "unknown|0\nAction|1\nWar|2\n\n",
  });
  const { catalog } = interactions;
  expect(catalog.items.ids).toEqual(["20", "10", "30"]);
  expect([...interactions.items]).toEqual([0, 2, 1, 0]);
  expect([...interactions.times]).toEqual([100_000, 100_000, 200_000, 200_000]);
  expect([...interactions.context.weight!]).toEqual([3, 4, 5, 1]);
  expect(catalog.itemColumns.titles).toEqual(["B", "Misérables, Les", "C"]);
  expect(catalog.itemColumns.categories).toEqual([["unknown"], ["Action", "War"], []]);
  expect(notes).toEqual([]);
});

test("MovieLens 1M: ratings.dat, or the sequences when it is missing; an item table re-encoded as UTF-8 is read too", async () => {
  const movies = "10::Misérables, Les (1995)::Drama|Musical\n";
  const rated = await read("movielens", {
    "ml-1m/ratings.dat": "1::10::5::978300760\n",
    "ml-1m/movies.dat": latin(movies),
  });
  expect(rated.interactions.times[0]).toBe(978_300_760_000);
  const ordered = await read("movielens", {
    "ml-1m.sequences.txt.gz": gzipSync("1 10 11 10\n2 11\n"),
    "movies.dat": movies,
    "ratings.last.dat": "1::10::5::978300760\n",
  });
  expect([...ordered.interactions.items]).toEqual([0, 1, 0, 1]);
  expect([...ordered.interactions.times]).toEqual([0, 1, 2, 0]);
  expect([...ordered.interactions.context.position!]).toEqual([0, 1, 2, 0]);
  expect(ordered.notes[0]).toContain("order only");
  for (const { interactions } of [rated, ordered]) {
    expect(interactions.catalog.itemColumns.titles?.[0]).toBe("Misérables, Les (1995)");
  }
});

test("MovieLens csv: columns by name, quoted titles, no genres", async () => {
  const { interactions } = await read("movielens", {
    "ratings.csv": "userId,movieId,rating,timestamp\n1,7,2.5,100\n",
    "movies.csv": 'movieId,title,genres\n7,"American President, The (1995)",(no genres listed)\n',
  });
  expect(interactions.catalog.itemColumns).toEqual({ titles: ["American President, The (1995)"], categories: [[]] });
  expect(interactions.context.weight![0]).toBe(2.5);
});

const nycRow = (user: string, venue: string, category: string, lat: string, time: string): string =>
  [user, venue, `id-${category}`, category, lat, "-74.0", "-240", time].join("\t");
const NOON = "Tue Apr 03 12:00:00 +0000 2012";

test("Foursquare: commonest coordinates and category, offsets as context, names from venues.csv", async () => {
  const rows = [
    nycRow("1", "v", "Café", "40.5", NOON),
    nycRow("1", "v", "Bar", "40.6", "Tue Apr 03 12:00:01 +0000 2012"),
    nycRow("2", "v", "Bar", "40.6", NOON),
    nycRow("2", "w", "Café", "41", "Wed Apr 04 12:00:00 +0000 2012"),
  ];
  const { interactions, notes } = await read(
    "foursquare",
    {
      "dataset_TSMC2014_NYC.subset.txt.gz": gzipSync(latin(`${rows.join("\n")}\n`)),
      "dataset_TSMC2014_TKY.txt": "not read",
      "venues.csv": 'venue_id,name,category,description\nv,Vee,Food > Bar,"A bar, here"\nother,Else,,\n',
    },
    { city: "NYC" },
  );
  const { itemColumns } = interactions.catalog;
  expect(itemColumns.categories).toEqual([["Bar"], ["Café"]]);
  expect([...itemColumns.latitudes!]).toEqual([40.6, 41]);
  expect(itemColumns.titles).toEqual(["Vee", ""]);
  expect(itemColumns.texts).toEqual({ categoryPath: ["Food > Bar", ""], description: ["A bar, here", ""] });
  expect([...interactions.context.utcOffsetMinutes!]).toEqual([-240, -240, -240, -240]);
  expect(interactions.context.latitude).toBeUndefined();
  expect(interactions.times[0]).toBe(Date.UTC(2012, 3, 3, 12));
  expect(notes[0]).toContain("2 category ids under 2 names; 1 venues have several coordinates and 1 several");
});

const badCheckins: [string, string, RegExp][] = [
  ["a missing field", "1\tv\tc\tBar\t40\t-74\t-240\n", /line 1: expected 8 fields separated by tab, got 7/],
  [
    "a latitude",
    nycRow("1", "v", "Bar", "95", NOON),
    /line 1: expected degrees in \[-90, 90\] .*in latitude, got "95"/,
  ],
  [
    "a time",
    nycRow("1", "v", "Bar", "40", "yesterday"),
    /line 1: expected a date such as .* in UTC time, got "yesterday"/,
  ],
  ["no number", nycRow("1", "v", "Bar", "nan", NOON), /line 1: expected a number in field 5, got "nan"/],
];
test.each(badCheckins)("Foursquare: %s that is wrong is one line of bad-data", async (_what, row, message) => {
  const reading = read("foursquare", { "dataset_TSMC2014_NYC.txt": row });
  await expect(reading).rejects.toMatchObject({ code: "bad-data" });
  await expect(reading).rejects.toThrow(message);
});

const getnextRow = (user: number, poi: string, time: string, trajectory: string): string =>
  `${user},${poi},c,3,Bar,40.5,-74,-240,${time},x,1,0.5,${trajectory}`;
const getnextHead =
  "user_id,POI_id,POI_catid,POI_catid_code,POI_catname,latitude,longitude,timezone,UTC_time,local_time,day_of_week,norm_in_day_time,trajectory_id";

test("GETNext: the three parts in order, trajectories as sessions; or one file", async () => {
  const parts = {
    "NYC/NYC_test.csv": `${getnextHead}\n${getnextRow(1, "c", "2012-06-03 12:00:00+00:00", "1_9")}\n`,
    "NYC/NYC_train.csv": `${getnextHead}\n${getnextRow(1, "a", NOON, "1_0")}\n${getnextRow(2, "b", NOON, "2_0")}\n`,
    "NYC/NYC_val.csv": `${getnextHead}\n${getnextRow(1, "b", "2012-05-03T12:00:00Z", "1_5")}\n`,
  };
  const { interactions, notes } = await read("getnext", parts);
  expect(interactions.catalog.items.ids).toEqual(["a", "b", "c"]);
  expect([...interactions.context.session!]).toEqual([0, 2, 3, 1]);
  expect(notes).toEqual([
    "NYC_train.csv: 2 rows, new sessions 0 to 1.",
    "NYC_val.csv: 1 rows, new sessions 2 to 2.",
    "NYC_test.csv: 1 rows, new sessions 3 to 3.",
  ]);
  const one = await read("getnext", { "CA.csv": `${getnextHead}\n${getnextRow(1, "a", NOON, "1_0")}\n` });
  expect(one.interactions.size).toBe(1);
});

test("Gowalla from SNAP: newest first becomes oldest first, places get coordinates", async () => {
  const { interactions } = await read("gowalla", {
    "loc-gowalla_totalCheckins.txt.gz": gzipSync(
      "0\t2010-10-19T23:55:27Z\t30.2\t-97.7\t22847\n0\t2010-10-18T22:17:43Z\t30.3\t-97.8\t420315\n",
    ),
  });
  expect(interactions.catalog.items.ids).toEqual(["22847", "420315"]);
  expect([...interactions.items]).toEqual([1, 0]);
  expect(interactions.times[0]).toBe(Date.UTC(2010, 9, 18, 22, 17, 43));
  expect([...interactions.catalog.itemColumns.latitudes!]).toEqual([30.2, 30.3]);
});

const marcHead = "tid,label,day,hour,poi,lat,lon\n";
test("Gowalla from MARC: synthetic dates keep weekday, hour, order and the given split", async () => {
  const row = (tid: number, user: number, day: string, hour: number): string => `${tid},${user},${day},${hour},9,1,2\n`;
  const { interactions, notes } = await read("gowalla", {
    "train.csv":
      marcHead +
      row(5, 1, "Friday", 11) +
      row(5, 1, "Friday", 11) +
      row(5, 1, "Monday", 7) +
      row(3, 1, "Sunday", 1) +
      row(8, 2, "Monday", 0),
    "test.csv": marcHead + row(4, 1, "Tuesday", 5) + row(9, 2, "Tuesday", 5),
  });
  const dates = [...interactions.times].map((time) => new Date(time));
  expect(dates.map((date) => ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][date.getUTCDay()])).toEqual([
    "Fri",
    "Fri",
    "Mon",
    "Sun",
    "Tue",
    "Mon",
    "Tue",
  ]);
  expect(dates.map((date) => date.getUTCHours())).toEqual([11, 11, 7, 1, 5, 0, 5]);
  expect([...interactions.context.session!]).toEqual([0, 0, 0, 1, 3, 2, 4]);
  const testStart = Date.parse(/test ones start at ([^,]+),/.exec(notes[0]!)![1]!);
  const isTest = [...interactions.times].map((time) => time >= testStart);
  expect(isTest).toEqual([false, false, false, false, true, false, true]);
});

test("Gowalla from MARC: a torn trajectory, an odd weekday and an hour of 24 are refused", async () => {
  const rows = (text: string): Files => ({
    "train.csv": marcHead + text,
    "test.csv": `${marcHead}9,9,Monday,1,9,1,2\n`,
  });
  await expect(read("gowalla", rows("1,1,Monday,1,9,1,2\n2,1,Monday,1,9,1,2\n1,1,Monday,1,9,1,2\n"))).rejects.toThrow(
    /train\.csv, line 4: expected the rows of one user's trajectory together/,
  );
  await expect(read("gowalla", rows("1,1,Montag,1,9,1,2\n"))).rejects.toThrow(
    /a weekday such as Monday in day, got "Montag"/,
  );
  await expect(read("gowalla", rows("1,1,Monday,24,9,1,2\n"))).rejects.toThrow(
    /a whole hour in \[0, 23\] in hour, got "24"/,
  );
});

const review = (user: string, asin: string, time: number): string =>
  JSON.stringify({ reviewerID: user, asin, overall: 4, unixReviewTime: time, reviewText: "x" });

test("Amazon: each form gives the same interactions, titles come from csv or metadata", async () => {
  const meta = `{'asin': 'B2', 'title': "Bee's", 'categories': [['Beauty', 'Skin']], 'brand': 'Z'}\n{'asin': 'B9', broken\n`;
  const titles = 'asin,title\nB1,"Wax, red"\nB2,Bee\'s\n';
  const forms: [string, Files][] = [
    [
      "interactions",
      {
        "interactions.csv": "user_id,item_id,timestamp\nA,B1,86400\nA,B2,172800\nC,B2,86400\n",
        "item_titles.csv": titles,
      },
    ],
    [
      "reviews",
      {
        "reviews_Beauty_5.json.gz": gzipSync(
          [review("A", "B1", 86400), review("C", "B2", 86400), review("A", "B2", 172800)].join("\n"),
        ),
        "meta_Beauty.json": meta.split("\n")[0]!,
      },
    ],
    ["user-sequence", { "user_sequence.txt": "A B1 B2\nC B2\n", "item_titles.csv": titles }],
    [
      "numbered-sequence",
      { "Beauty.txt": "1 1 2\n2 2\n", "asin_to_id.tsv": "asin\tid\nB1\t1\nB2\t2\n", "item_titles.csv": titles },
    ],
  ];
  for (const [, files] of forms) {
    const { interactions } = await read("amazon", files);
    expect([...interactions.items]).toEqual([0, 1, 1]);
    expect(interactions.catalog.itemColumns.titles?.[1]).toBe("Bee's");
  }
  const reviews = await read("amazon", forms[1]![1]);
  expect(reviews.interactions.catalog.itemColumns.categories).toEqual([[], ["Beauty", "Skin"]]);
  expect([...reviews.interactions.context.weight!]).toEqual([4, 4, 4]);
  const both = await read("amazon", { ...forms[0]![1], "user_sequence.txt": "A B1\n" }, { form: "user-sequence" });
  expect(both.interactions.size).toBe(1);
});

test("Amazon: broken metadata of an item that occurs, and sequences without items or with a user twice, are refused", async () => {
  const interactions = "user_id,item_id,timestamp\nA,B1,86400\n";
  await expect(
    read("amazon", { "interactions.csv": interactions, "meta_X.json": "{'asin': 'B1', oops\n" }),
  ).rejects.toThrow(/meta_X\.json, line 1: expected an item with asin/);
  await expect(read("amazon", { "user_sequence.txt": "A B1\n\nC\n" })).rejects.toThrow(
    /user_sequence\.txt, line 3: expected a user and at least one item, got 1 field/,
  );
  await expect(read("amazon", { "user_sequence.txt": "A B1\nA B2\n" })).rejects.toThrow(
    /line 2: expected one line a user, got user "A" again/,
  );
});

const banditHead =
  ",timestamp,item_id,position,click,propensity_score,user_feature_0,user_feature_1,user_feature_2,user_feature_3\n";
const bandit = (rows: string): Files => ({
  "obd/bts/women/women.csv": banditHead + rows,
  "obd/bts/women/item_context.csv": ",item_id,item_feature_0\n0,0,0.5\n1,1,-0.5\n",
});

test("Open Bandit: clicks, positions from 0, and propensities that follow the sorted rows", async () => {
  const rows =
    "0,2019-11-24 00:00:02+00:00,1,3,1,0.25,a,b,c,d\n1,2019-11-24 00:00:01.5+00:00,0,1,0,0.5,x,b,c,d\n2,2019-11-24 00:00:01+00:00,0,2,0,1e-06,a,b,c,d\n";
  const folder = await folderOf(bandit(rows));
  const log = await readBanditLog({ folder, options: { policy: "bts" } }, {});
  expect([...log.interactions.items]).toEqual([1, 0, 1]);
  expect([...log.interactions.context.weight!]).toEqual([0, 1, 0]);
  expect([...log.interactions.context.position!]).toEqual([1, 2, 0]);
  expect([...log.propensities]).toEqual([1e-6, 0.25, 0.5]);
  expect(log.interactions.context.session).toBeUndefined();
  expect(log.interactions.catalog.itemColumns.texts).toEqual({ item_feature_0: ["-0.5", "0.5"] });
});

test("Open Bandit: a propensity of 0, a position of 4 and an unknown option are refused", async () => {
  const row = (position: number, propensity: string): Files =>
    bandit(`0,2019-11-24,1,${position},1,${propensity},a,b,c,d\n`);
  await expect(read("open-bandit", row(1, "0"), { policy: "bts" })).rejects.toThrow(
    /a probability in \(0, 1\] in propensity_score, got "0"/,
  );
  await expect(read("open-bandit", row(4, "0.1"), { policy: "bts" })).rejects.toThrow(
    /an integer in \[1, 3\] in position, got "4"/,
  );
  await expect(read("open-bandit", row(1, "1"), { polcy: "bts" })).rejects.toMatchObject({ code: "bad-config" });
});

test("a folder without the files says what was expected and what is there", async () => {
  for (const importer of ["movielens", "foursquare", "getnext", "gowalla", "amazon", "open-bandit"]) {
    const reading = read(importer, { "notes.md": "hello" });
    await expect(reading).rejects.toMatchObject({ code: "not-found" });
    await expect(reading).rejects.toThrow(/expected .*, got notes\.md\.$/);
  }
  await expect(openSourceFolder(join(root, "nowhere"))).rejects.toMatchObject({ code: "not-found" });
});
