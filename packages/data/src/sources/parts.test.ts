import { describe, expect, test } from "vitest";
import { partFiles } from "./part-files.js";
import { profileFile } from "../profile/profile-file.js";
import { read, write } from "./event-log.fixture.js";

/** What an import says of each row: its part, user and item. */
async function rows(path: string, more: object, mapping: object): Promise<string[]> {
  const { interactions, users, items } = await read(path, more, mapping);
  return Array.from(interactions.users, (user, row) =>
    [interactions.context.part![row], users.ids[user], items.ids[interactions.items[row]!]].join(" "),
  );
}

describe("files of training, validation and test", () => {
  test("RecBole's benchmark files", async () => {
    const head = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n";
    const file = (name: string, ...lines: string[]) => write(name, head + lines.map((line) => `${line}\n`).join(""));
    const train = file("b.train.inter", "1\t7\t5\t878887116", "2\t8\t3\t878887117");
    const parts = {
      validation: [file("b.valid.inter", "1\t8\t4\t878887200")],
      test: [file("b.test.inter", "1\t9\t4\t878887300")],
    };
    const { proposal } = await profileFile(train, {}, {});
    expect(Object.fromEntries(proposal.pairs)).toMatchObject({
      user: "user_id:token",
      item: "item_id:token",
      time: "timestamp:float",
    });
    expect(await rows(train, parts, { user: "user_id", item: "item_id", time: "timestamp" })).toEqual([
      "0 1 7",
      "1 1 8",
      "2 1 9",
      "0 2 8",
    ]);
  });

  test("Cornac's triples without a header, and lines of a user and its items", async () => {
    const uir = { header: false, test: [write("uir.test.txt", "1 9 4\n")] };
    const named = { user: "1", item: "2", weight: "3", order: "rows" };
    expect(await rows(write("uir.train.txt", "1 7 5\n2 8 3\n"), uir, named)).toEqual(["0 1 7", "2 1 9", "0 2 8"]);
    const train = write("gcn-train.txt", "0 10 11 12\n1 11\n2 10 12 \n");
    const test = [write("gcn-test.txt", "0 13\n1\n2 11 13\n")];
    const { kind, stats, proposal } = await profileFile(train, {}, {});
    expect([kind, stats?.interactions, Object.fromEntries(proposal.pairs)]).toEqual([
      "lines",
      6,
      { user: "user", item: "item", order: "rows" },
    ]);
    const lists = await rows(train, { test, format: "lines" }, { user: "user", item: "item", order: "rows" });
    expect(lists).toEqual(["0 0 10", "0 0 11", "0 0 12", "2 0 13", "0 1 11", "0 2 10", "0 2 12", "2 2 11", "2 2 13"]);
  });

  test("impressions as in MIND: clicks are asked for, what was shown is no answer, earlier clicks are training", async () => {
    const mapping = { user: "user", item: "item", time: "time", kind: "kind", session: "session" };
    const train = write(
      "train-behaviors.tsv",
      "1\tU1\t11/11/2019 9:05:58 AM\tN1 N2\tN3-1 N4-0\n2\tU1\t11/12/2019 12:00:01 PM\tN1 N2\tN5-0 N6-1\n",
    );
    const test = [write("dev-behaviors.tsv", "1\tU1\t11/15/2019 10:00:00 PM\tN1 N2\tN7-1 N8-0\n")];
    const { interactions, items, notes } = await read(train, { test }, mapping);
    const { kind, part } = interactions.context;
    const kinds = interactions.catalog.kinds!;
    expect(
      Array.from(interactions.items, (item, row) => `${items.ids[item]} ${kinds[kind![row]!]} ${part![row]}`),
    ).toEqual([
      "N1 click 0",
      "N2 click 0",
      "N3 click 0",
      "N4 impression 0",
      "N5 impression 0",
      "N6 click 0",
      "N7 click 2",
      "N8 impression 2",
    ]);
    expect(interactions.times[2]).toBe(Date.UTC(2019, 10, 11, 9, 5, 58));
    expect(interactions.times[7]).toBe(Date.UTC(2019, 10, 15, 22));
    expect(notes.join("\n")).toContain("stand a second apart before it");
    await expect(
      read(write("bad-behaviors.tsv", "1\tU1\tlater\tN1\tN2-1\n"), { format: "behaviors" }, mapping),
    ).rejects.toThrow(/line 1: expected "impression, user/);
  });

  test("a column that names the part", async () => {
    const path = write(
      "marked.csv",
      "user,item,time,split\na,x,1700000000,train\na,y,1700000001,Valid\na,z,1700000002,TEST\n",
    );
    const mapping = { user: "user", item: "item", time: "time", part: "split" };
    expect(await rows(path, {}, mapping)).toEqual(["0 a x", "1 a y", "2 a z"]);
    const other = write("fold.csv", "user,item,time,split\na,x,1700000000,third\n");
    await expect(read(other, {}, mapping)).rejects.toThrow(
      'expected train, validation, test in column split, got "third"',
    );
    await expect(read(path, { test: [path] }, mapping)).rejects.toThrow("or a column with the part, got both");
    await expect(read(path, { validation: [path] })).rejects.toThrow("expected files of the test part");
  });
});

test.each([
  [["train.csv", "test.csv"], { train: ["train.csv"], validation: [], test: ["test.csv"] }],
  [
    ["ml.item", "ml.train.inter", "ml.valid.inter", "ml.test.inter"],
    { train: ["ml.train.inter"], validation: ["ml.valid.inter"], test: ["ml.test.inter"] },
  ],
  [
    ["MINDsmall_train/behaviors.tsv", "MINDsmall_dev/behaviors.tsv", "MINDsmall_test/behaviors.tsv"],
    {
      train: ["MINDsmall_train/behaviors.tsv"],
      validation: ["MINDsmall_dev/behaviors.tsv"],
      test: ["MINDsmall_test/behaviors.tsv"],
    },
  ],
  [
    ["train/part-0.csv", "train/part-1.csv", "test/part-0.csv"],
    { train: ["train/part-0.csv", "train/part-1.csv"], validation: [], test: ["test/part-0.csv"] },
  ],
  [["part-0.csv", "part-1.csv"], undefined],
  [["constraints.csv", "latest.csv", "training.csv"], undefined],
])("files of a folder by their names: %j", (files, parts) => {
  const below = (names: readonly string[]): string[] => names.map((name) => `/data/testing/${name}`);
  const expected = parts && { train: below(parts.train), validation: below(parts.validation), test: below(parts.test) };
  expect(partFiles("/data/testing", below(files))).toEqual(expected);
});

test.each([
  [
    "under a key",
    '{"count": 2,\n "data": [\n  {"user": "a", "item": "x", "time": 1700000000},\n  {"user": "b",\n "item": "y", "time": 1700000001}\n ], "next": null}\n',
  ],
  [
    "under a key, on one line",
    '{"data":[{"user":"a","item":"x","time":1700000000},{"user":"b","item":"y","time":1700000001}],"ok":true}',
  ],
])("JSON rows %s", async (what, text) => {
  const { users, items, size } = await read(write(`${what.replaceAll(" ", "-")}.json`, text));
  expect([users.ids, items.ids, size]).toEqual([["a", "b"], ["x", "y"], 2]);
});

test("JSON lines that hold lists of objects stay rows", async () => {
  const text =
    '{"lines":[{"n":1}],"user":"a","item":"x","time":1700000000}\n{"lines":[{"n":2}],"user":"b","item":"y","time":1700000001}\n';
  expect((await read(write("orders.jsonl", text))).size).toBe(2);
});
