import { sql, type Transaction } from "kysely";
import { idTable, type Catalog, type ItemColumns } from "@sequitur/core";
import type { Tables } from "../tables.js";
import { pages } from "./cursor.js";

/** The catalogue, and the index of each key in it (-1 where a key has no row). */
export interface KeyedCatalog {
  readonly catalog: Catalog;
  readonly userIndices: Int32Array;
  readonly itemIndices: Int32Array;
}

interface ItemRow {
  key: number;
  id: string;
  title: string;
  categories: string[];
  texts: Record<string, string>;
  latitude: number | null;
  longitude: number | null;
  opening_hours: string;
  time_zone: string;
}

const PAGE = 20_000;

/** Every user and every item, deleted ones too (histories name them), in the order they came in. */
export async function readKeyedCatalog(db: Transaction<Tables>, signal?: AbortSignal): Promise<KeyedCatalog> {
  const users: { key: number; id: string }[] = [];
  const readUsers = sql<{
    key: number;
    id: string;
  }>`select user_key as key, user_id as id from users order by user_key`;
  for await (const page of pages(db, readUsers, PAGE, signal)) for (const user of page) users.push(user);
  const items: ItemRow[] = [];
  const readItems = sql<ItemRow>`
    select item_key as key, item_id as id, title, categories, texts, latitude, longitude, opening_hours, time_zone
    from items order by item_key`;
  for await (const page of pages(db, readItems, PAGE, signal)) for (const item of page) items.push(item);
  return {
    catalog: {
      users: idTable(users.map((user) => user.id)),
      items: idTable(items.map((item) => item.id)),
      itemColumns: columnsOf(items),
    },
    userIndices: indicesOf(users),
    itemIndices: indicesOf(items),
  };
}

/** Columns that no item fills are left out, as in a data set that does not have them. */
function columnsOf(items: readonly ItemRow[]): ItemColumns {
  const has = (test: (item: ItemRow) => boolean): boolean => items.some(test);
  const fields = new Set(items.flatMap((item) => Object.keys(item.texts)));
  const texts = Object.fromEntries(
    [...fields].sort().map((name) => [name, items.map((item) => item.texts[name] ?? "")]),
  );
  return {
    ...(has((item) => item.title !== "") && { titles: items.map((item) => item.title) }),
    ...(has((item) => item.categories.length > 0) && { categories: items.map((item) => item.categories) }),
    ...(fields.size > 0 && { texts }),
    ...(has((item) => item.latitude !== null) && {
      latitudes: Float64Array.from(items, (item) => item.latitude ?? Number.NaN),
      longitudes: Float64Array.from(items, (item) => item.longitude ?? Number.NaN),
    }),
    ...(has((item) => item.opening_hours !== "") && { openingHours: items.map((item) => item.opening_hours) }),
    ...(has((item) => item.time_zone !== "") && { timeZones: items.map((item) => item.time_zone) }),
  };
}

function indicesOf(rows: readonly { key: number }[]): Int32Array {
  const indices = new Int32Array((rows.at(-1)?.key ?? 0) + 1).fill(-1);
  for (const [index, { key }] of rows.entries()) indices[key] = index;
  return indices;
}
