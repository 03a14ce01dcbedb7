import { sql, type Transaction } from "kysely";
import { idTable, type Catalog, type ItemColumns } from "@sequitur/core";
import { attributeColumns } from "./attribute-columns.js";
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
  attributes: Record<string, unknown>;
  latitude: number | null;
  longitude: number | null;
  opening_hours: string;
  time_zone: string;
  available_from: number | null;
  available_until: number | null;
}

interface UserRow {
  key: number;
  id: string;
  attributes: Record<string, unknown>;
}

const PAGE = 20_000;

/** Every user and every item, deleted ones too (histories name them), in the order they came in. */
export async function readKeyedCatalog(db: Transaction<Tables>, signal?: AbortSignal): Promise<KeyedCatalog> {
  const users: UserRow[] = [];
  const readUsers = sql<UserRow>`select user_key as key, user_id as id, attributes from users order by user_key`;
  for await (const page of pages(db, readUsers, PAGE, signal)) for (const user of page) users.push(user);
  const items: ItemRow[] = [];
  const readItems = sql<ItemRow>`
    select item_key as key, item_id as id, title, categories, texts, attributes, latitude, longitude, opening_hours,
      time_zone, available_from, available_until
    from items order by item_key`;
  for await (const page of pages(db, readItems, PAGE, signal)) for (const item of page) items.push(item);
  const userAttributes = attributeColumns(users.map(({ attributes }) => attributes));
  return {
    catalog: {
      users: idTable(users.map((user) => user.id)),
      items: idTable(items.map((item) => item.id)),
      itemColumns: columnsOf(items),
      ...(userAttributes && { userAttributes }),
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
  const attributes = attributeColumns(items.map((item) => item.attributes));
  const instants = (name: "available_from" | "available_until"): Float64Array | undefined =>
    has((item) => item[name] !== null) ? Float64Array.from(items, (item) => item[name] ?? Number.NaN) : undefined;
  const [availableFrom, availableUntil] = [instants("available_from"), instants("available_until")];
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
    ...(availableFrom && { availableFrom }),
    ...(availableUntil && { availableUntil }),
    ...(attributes && { attributes }),
  };
}

function indicesOf(rows: readonly { key: number }[]): Int32Array {
  const indices = new Int32Array((rows.at(-1)?.key ?? 0) + 1).fill(-1);
  for (const [index, { key }] of rows.entries()) indices[key] = index;
  return indices;
}
