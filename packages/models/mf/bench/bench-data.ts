import { idTable, IdTableBuilder, interactionsFrom, Random, type Catalog, type Interactions } from "@sequitur/core";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

/** Where a local copy of the data sets may lie. */
function datasetFile(name: string): string | undefined {
  const beside = fileURLToPath(new URL("../../../../../shared/datasets", import.meta.url));
  const path = `${process.env["SEQUITUR_DATASETS"] ?? beside}/${name}`;
  return existsSync(path) ? path : undefined;
}

export interface BenchData {
  readonly name: string;
  readonly train: Interactions;
}

/** MovieLens-100K less the last two of each user, or generated data of its size. */
export function smallData(): BenchData {
  const path = datasetFile("ml-100k/u.data");
  if (path === undefined) return { name: "generated 100K", train: generated(943, 1682, 98_114) };
  const rows = readFileSync(path, "latin1").trim().split("\n");
  return {
    name: "ML-100K",
    train: withoutLastTwo(
      rows.map((row) => row.split("\t")).map(([user, item, , seconds]) => [user!, item!, Number(seconds)]),
    ),
  };
}

/** MovieLens-1M less the last two of each user, or generated data of its size. */
export function middleData(): BenchData {
  const path = datasetFile("ml-1m/ml-1m.sequences.txt.gz");
  if (path === undefined) return { name: "generated 1M", train: generated(6040, 3706, 988_129) };
  const lines = gunzipSync(readFileSync(path)).toString("latin1").trim().split("\n");
  return {
    name: "ML-1M",
    train: withoutLastTwo(
      lines
        .map((line) => line.split(" "))
        .flatMap(([user, ...items]) => items.map((item, at): [string, string, number] => [user!, item, at])),
    ),
  };
}

/** 10 million interactions of 100,000 users with 50,000 items. */
export function largeData(): BenchData {
  return { name: "generated 10M", train: generated(100_000, 50_000, 10_000_000) };
}

function withoutLastTwo(rows: readonly (readonly [user: string, item: string, time: number])[]): Interactions {
  const [users, items] = [new IdTableBuilder(), new IdTableBuilder()];
  const columns = {
    users: Int32Array.from(rows, ([user]) => users.add(user)),
    items: Int32Array.from(rows, ([, item]) => items.add(item)),
    times: Float64Array.from(rows, ([, , time]) => time),
  };
  const all = interactionsFrom({ users: users.table(), items: items.table(), itemColumns: {} }, columns);
  const kept = Array.from({ length: all.size }, (_, row) => row).filter(
    (row) => row < all.userOffsets[all.users[row]! + 1]! - 2,
  );
  return interactionsFrom(all.catalog, {
    users: Int32Array.from(kept, (row) => all.users[row]!),
    items: Int32Array.from(kept, (row) => all.items[row]!),
    times: Float64Array.from(kept, (row) => all.times[row]!),
  });
}

/** Users of 32 tastes; nine in ten of a user's items are of the own taste, and low items are met more often. */
export function generated(userCount: number, itemCount: number, size: number): Interactions {
  const random = new Random(`mf bench ${size}`);
  const users = new Int32Array(size);
  const items = new Int32Array(size);
  for (let row = 0; row < size; row++) {
    const user = Math.floor((row * userCount) / size);
    const drawn = Math.floor(itemCount * random.uniform() ** 2);
    const own = random.uniform() < 0.9 ? drawn - (drawn % 32) + (user % 32) : drawn;
    users[row] = user;
    items[row] = Math.min(own, itemCount - 1);
  }
  return interactionsFrom(numbered(userCount, itemCount), { users, items, times: new Float64Array(size) });
}

/** A catalogue of numbered users and items. */
export function numbered(userCount: number, itemCount: number): Catalog {
  const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));
  return { users: idTable(ids(userCount)), items: idTable(ids(itemCount)), itemColumns: {} };
}
