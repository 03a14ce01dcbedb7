import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { readLists, toTrec } from "./read-lists.js";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lists-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

async function read(name: string, content: string | Uint8Array, keys: "auto" | "query" | "user" = "auto") {
  await writeFile(join(folder, name), content);
  const lists = await readLists(join(folder, name), keys);
  return lists.map(({ scores, ...rest }) => ({ ...rest, scores: [...scores] }));
}

const EXPECTED = { keys: ["0", "0", "7"], items: ["i1", "i2", "i1"], scores: [0.9, 0.5, 3] };

test("reads a TREC run, whatever blanks part it, with its tag", async () => {
  const text = "0 Q0 i1 1 0.9 mine\n0\tQ0\ti2\t2\t0.5\tmine\n\n7 Q0 i1 1 3 mine\r\n";
  expect(await read("x.run", text)).toEqual([{ name: "mine", by: "query", ...EXPECTED }]);
  expect(await read("x.txt", text, "user")).toMatchObject([{ by: "user" }]);
});

test("reads tables as CSV, LensKit's frame, RecBole's header and Parquet have them", async () => {
  const rows = [
    ["0", "i1", "0.9"],
    ["0", "i2", "0.5"],
    ["7", "i1", "3"],
  ];
  const table = (head: string, separator: string) =>
    [head, ...rows.map((row) => row.join(separator))].map((line) => `${line}\n`).join("");
  expect(await read("a.csv", table("query,item,score", ","))).toEqual([{ name: undefined, by: "query", ...EXPECTED }]);
  expect(await read("b.inter", table("user_id:token\titem_id:token\tscore:float", "\t"))).toEqual([
    { name: undefined, by: "user", ...EXPECTED },
  ]);
  const lenskit = "user,rank,item,score,Algorithm\n0,1,i1,0.9,als\n0,2,i2,0.5,als\n7,1,i1,3,als\n7,1,i9,3,pop\n";
  expect(await read("c.csv", lenskit)).toEqual([
    { name: "als", by: "user", ...EXPECTED },
    { name: "pop", by: "user", keys: ["7"], items: ["i9"], scores: [3] },
  ]);
  const parquet = parquetWriteBuffer({
    columnData: [
      { name: "user_id", data: [0n, 0n, 7n], type: "INT64" },
      { name: "item_id", data: ["i1", "i2", "i1"], type: "STRING" },
      { name: "score", data: [0.9, 0.5, 3], type: "DOUBLE" },
    ],
  });
  expect(await read("d.parquet", new Uint8Array(parquet))).toEqual([{ name: undefined, by: "user", ...EXPECTED }]);
});

test("a rank counts where there is no score: the lowest is the best", async () => {
  const [lists] = await read("r.csv", "query,item,rank\n0,i1,1\n0,i2,2\n");
  expect(lists!.scores).toEqual([-1, -2]);
});

test("ids with blanks go through a TREC file", async () => {
  const id = "La La\tLand 100%25";
  expect(await read("y.run", `3 Q0 ${toTrec(id)} 1 1.5 t\n`)).toMatchObject([{ items: [id] }]);
});

test("says what was expected", async () => {
  await expect(read("z.csv", "who,what\n1,2\n")).rejects.toThrow(
    "z.csv: expected the columns query or user, item, and score or rank, or a TREC run",
  );
  await expect(read("z.run", "0 Q0 i1 1 0.9 t\nbroken line\n")).rejects.toThrow('z.run, line 2: expected "query Q0');
  await expect(readLists(join(folder, "none"), "auto")).rejects.toThrow("found none");
});
