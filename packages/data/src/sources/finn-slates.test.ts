import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listOf, NONE } from "@sequitur/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importFinnSlates, readFinnSlates } from "./finn-slates.js";
import { npyOf, npzOf } from "./npz.fixture.js";
import { openSourceFolder } from "./source-folder.js";

let root: string;
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), "finn-"))));
afterAll(() => rm(root, { recursive: true }));

const LABELS = {
  category: { "0": "PAD", "1": "BAP,antiques,Oslo", "2": "BAP,bikes,Bergen" },
  interaction_type: { "0": "", "1": "search", "2": "rec" },
};

/** Two users, three steps, four positions; the last step of user 8 is padding. */
const small = () => ({
  userId: npyOf(BigInt64Array.of(7n, 8n), [2]),
  click: npyOf(Int32Array.of(4, 1, 2, 3, 1, 0), [2, 3]),
  click_idx: npyOf(Int32Array.of(2, 0, 1, 1, 0, 0), [2, 3]),
  slate: npyOf(Int32Array.of(1, 3, 4, 5, 1, 5, 0, 0, 1, 2, 3, 0, 1, 3, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0), [2, 3, 4]),
  slate_lengths: npyOf(Int32Array.of(4, 2, 3, 3, 1, 0), [2, 3]),
  interaction_type: npyOf(Int8Array.of(1, 2, 0, 2, 1, 0), [2, 3]),
});

async function folderOf(change: Readonly<Record<string, Buffer>> = {}, zip64 = false) {
  const path = await mkdtemp(join(root, "set-"));
  await writeFile(join(path, "data.npz"), npzOf({ ...small(), ...change }, zip64));
  await writeFile(
    join(path, "itemattr.npz"),
    npzOf({ category: npyOf(Float64Array.of(0, 0, 0, 1, 1, 2), [6]) }, zip64),
  );
  await writeFile(join(path, "ind2val.json"), JSON.stringify(LABELS));
  return { folder: await openSourceFolder(path), options: {} };
}

describe("readFinnSlates", () => {
  it.each([false, true])("reads the three files (zip64: %s)", async (zip64) => {
    const { slates, kinds, notes } = await readFinnSlates(await folderOf({}, zip64), {});
    const { items, users, itemColumns } = slates.catalog;
    expect([items.ids, users.ids]).toEqual([
      ["3", "4", "5"],
      ["7", "8"],
    ]);
    expect(itemColumns.categories).toEqual([["BAP,antiques,Oslo"], ["BAP,antiques,Oslo"], ["BAP,bikes,Bergen"]]);
    expect([0, 1, 2, 3, 4].map((row) => [...listOf(slates, row)])).toEqual([[0, 1, 2], [2], [NONE, 0], [0, 1], []]);
    expect([...slates.clicks]).toEqual([1, NONE, 0, 0, NONE]);
    expect([...slates.users]).toEqual([0, 0, 0, 1, 1]);
    expect([...slates.times]).toEqual([0, 1000, 2000, 0, 1000]);
    expect([...kinds]).toEqual([1, 2, 0, 2, 1]);
    expect(notes).toHaveLength(1);
  });

  it("gives the clicks on known items as interactions, and reads only so many users", async () => {
    const { interactions } = await importFinnSlates(await folderOf(), {});
    expect([[...interactions.users], [...interactions.items]]).toEqual([
      [0, 1],
      [1, 0],
    ]);
    const first = await readFinnSlates({ ...(await folderOf()), options: { maxUsers: 1 } }, {});
    expect(first.slates.size).toBe(3);
    expect(first.slates.catalog.users.ids).toEqual(["7"]);
  });

  it("reads release 1.0, which calls the slates action", async () => {
    const { slate, ...rest } = small();
    const path = await mkdtemp(join(root, "old-"));
    await writeFile(join(path, "data.npz"), npzOf({ ...rest, action: slate }));
    await writeFile(join(path, "itemattr.npz"), npzOf({ category: npyOf(Float64Array.of(0, 0, 0, 1, 1, 2), [6]) }));
    await writeFile(join(path, "ind2val.json"), JSON.stringify(LABELS));
    expect((await readFinnSlates({ folder: await openSourceFolder(path), options: {} }, {})).slates.size).toBe(5);
  });

  it("reads what comes in many pieces", async () => {
    const users = 3000;
    const cells = users * 20;
    const slate = Int32Array.from({ length: cells * 25 }, (_, at) =>
      at % 25 === 0 ? 1 : at % 25 < 20 ? 2 + (at % 25) : 0,
    );
    const request = await folderOf({
      userId: npyOf(
        BigInt64Array.from({ length: users }, (_, user) => BigInt(user)),
        [users],
      ),
      click: npyOf(
        Int32Array.from({ length: cells }, (_, cell) => 3 + (cell % 19)),
        [users, 20],
      ),
      click_idx: npyOf(
        Int32Array.from({ length: cells }, (_, cell) => 1 + (cell % 19)),
        [users, 20],
      ),
      slate: npyOf(slate, [users, 20, 25]),
      slate_lengths: npyOf(new Int32Array(cells).fill(20), [users, 20]),
      interaction_type: npyOf(new Int8Array(cells).fill(1), [users, 20]),
    });
    await writeFile(join(request.folder.path, "itemattr.npz"), npzOf({ category: npyOf(new Float64Array(22), [22]) }));
    const { slates } = await readFinnSlates(request, {});
    expect(slates.size).toBe(cells);
    expect(slates.clicks.every((click, row) => click === row % 19)).toBe(true);
    expect([...listOf(slates, cells - 1)]).toEqual(Array.from({ length: 19 }, (_, item) => item));
  });

  it("drops an item that a slate shows again, and says so", async () => {
    const slate = npyOf(
      Int32Array.of(1, 4, 3, 4, 1, 5, 0, 0, 1, 2, 3, 0, 1, 3, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0),
      [2, 3, 4],
    );
    const click_idx = npyOf(Int32Array.of(3, 0, 1, 1, 0, 0), [2, 3]);
    const { slates, notes } = await readFinnSlates(await folderOf({ slate, click_idx }), {});
    expect([...listOf(slates, 0)]).toEqual([1, 0]);
    expect(slates.clicks[0]).toBe(0);
    expect([...listOf(slates, 1)]).toEqual([2]);
    expect(notes[1]).toBe("Slates that show an item twice, later places dropped: 1.");
  });

  const cut = () => npzOf(small()).subarray(0, 300);
  it.each<[string, Readonly<Record<string, Buffer>>, RegExp]>([
    [
      "a click elsewhere",
      { click_idx: npyOf(Int32Array.of(1, 0, 1, 1, 0, 0), [2, 3]) },
      /slate of user 0, step 0: expected the click, 4, at its position 1, got 3\./,
    ],
    [
      "an item beyond",
      {
        slate: npyOf(Int32Array.of(1, 3, 4, 9, 1, 5, 0, 0, 1, 2, 3, 0, 1, 3, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0), [2, 3, 4]),
      },
      /step 0: expected an item in \[2, 6\), got 9\./,
    ],
    [
      "no no-click",
      {
        slate: npyOf(Int32Array.of(3, 3, 4, 5, 1, 5, 0, 0, 1, 2, 3, 0, 1, 3, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0), [2, 3, 4]),
      },
      /expected no click \(1\) first, got 3/,
    ],
    [
      "a wrong length",
      { slate_lengths: npyOf(Int32Array.of(3, 2, 3, 3, 1, 0), [2, 3]) },
      /expected padding behind its 3 entries, got 5/,
    ],
    [
      "a wrong shape",
      { click_idx: npyOf(Int32Array.of(1, 0), [1, 2]) },
      /click_idx must have the shape \[2, 3\], got \[1, 2\]/,
    ],
    [
      "big-endian numbers",
      {
        click: Buffer.from(
          npyOf(Int32Array.of(4, 1, 2, 3, 1, 0), [2, 3])
            .toString("latin1")
            .replace("<i4", ">i4"),
          "latin1",
        ),
      },
      /expected little-endian numbers/,
    ],
    [
      "a short array",
      { click: npyOf(Int32Array.of(4, 1), [2, 3]) },
      /expected 6 numbers, got 2: the file is cut short/,
    ],
    ["no array", { click: Buffer.from("nothing of the kind") }, /expected a NumPy array/],
  ])("refuses %s", async (_, change, message) => {
    await expect(readFinnSlates(await folderOf(change), {})).rejects.toMatchObject({
      code: "bad-data",
      message: expect.stringMatching(message) as string,
    });
  });

  it("refuses a file that is no archive, or cut short, and names a missing array", async () => {
    const request = await folderOf();
    for (const bytes of [Buffer.from("no zip"), cut()]) {
      await writeFile(join(request.folder.path, "data.npz"), bytes);
      await expect(readFinnSlates(request, {})).rejects.toThrow(/expected a NumPy archive/);
    }
    const { click, ...rest } = small();
    expect(click.length).toBeGreaterThan(0);
    await writeFile(join(request.folder.path, "data.npz"), npzOf(rest));
    await expect(readFinnSlates(request, {})).rejects.toThrow(/expected an array click, got userId, click_idx/);
  });

  it("stops when cancelled", async () => {
    const signal = AbortSignal.abort();
    await expect(readFinnSlates(await folderOf(), { signal })).rejects.toMatchObject({ code: "cancelled" });
  });
});
