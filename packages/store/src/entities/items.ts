import { sql, type Transaction } from "kysely";
import { PlatformError } from "@sequitur/core";
import { announce } from "../connection/changes.js";
import type { Store } from "../connection/store.js";
import { joinLog } from "../events/log-lock.js";
import type { Tables } from "../tables.js";
import { itemProblem } from "./item-problem.js";
import { jsonText } from "../json-text.js";
import { instant } from "../instant.js";

/** What is known of an item; a field left out is unknown. */
export interface ItemRecord {
  readonly itemId: string;
  readonly title?: string;
  /** Most specific last. */
  readonly categories?: readonly string[];
  /** Named free-text fields. */
  readonly texts?: Readonly<Record<string, string>>;
  /** Any JSON object. */
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** WGS84 degrees; both or none. */
  readonly latitude?: number;
  readonly longitude?: number;
  /** OSM `opening_hours` syntax in local time. */
  readonly openingHours?: string;
  /** IANA name. */
  readonly timeZone?: string;
  /** It may be recommended from..until, ms since the epoch; open-ended where left out. */
  readonly availableFrom?: number;
  readonly availableUntil?: number;
  /** Kept and trained on, but not recommended. */
  readonly hidden?: boolean;
}

export interface StoredItem extends ItemRecord {
  /** ms since the epoch, UTC. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Set when it was deleted: histories may name it, nothing recommends it. */
  readonly deletedAt?: number;
  /** Whether somebody described it; false for what only events name. */
  readonly inCatalog: boolean;
}

interface ItemRow {
  item_key: number;
  item_id: string;
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
  deleted_at: number | null;
  created_at: number;
  updated_at: number;
  written_by_import: boolean;
  in_catalog: boolean;
  hidden: boolean;
}

/** Makes items or replaces them whole; a deleted one comes back. `bad-data` names the row that cannot be stored. */
export async function upsertItems(store: Store, items: readonly ItemRecord[]): Promise<void> {
  if (items.length === 0) return;
  for (const [row, item] of items.entries()) {
    const problem = itemProblem(item);
    if (problem !== undefined) throw new PlatformError("bad-data", `item ${row}: ${problem}`);
  }
  const last = [...new Map(items.map((item) => [item.itemId, item])).values()].sort((a, b) =>
    a.itemId < b.itemId ? -1 : 1,
  );
  await store.transaction("write items", async (db) => {
    await writeItems(db, last, store.now(), "api");
    await announce(db, { kind: "items" });
  });
}

/** Replaces items with distinct ids, given in the order of their ids; whoever calls checks and announces. */
export async function writeItems(
  db: Transaction<Tables>,
  items: readonly ItemRecord[],
  now: number,
  writer: "api" | "import",
): Promise<void> {
  const each = <T>(value: (item: ItemRecord) => T | undefined): (T | null)[] =>
    items.map((item) => value(item) ?? null);
  await joinLog(db);
  await sql`
    insert into feature_dirty_items (item_key)
    select item_key from items join unnest(
        ${items.map((item) => item.itemId)}::text[],
        ${items.map((item) => JSON.stringify(item.categories ?? []))}::jsonb[]) as t (item_id, categories)
      using (item_id)
    where to_jsonb(items.categories) <> t.categories
  `.execute(db);
  await sql`
    insert into items (item_id, title, categories, texts, attributes, latitude, longitude, opening_hours, time_zone,
      available_from, available_until, created_at, updated_at, written_by_import, hidden, in_catalog)
    select item_id, title, array(select jsonb_array_elements_text(categories)), texts, attributes, latitude, longitude,
      opening_hours, time_zone, to_timestamp(available_from / 1000), to_timestamp(available_until / 1000),
      ${instant(now)}, ${instant(now)}, ${writer === "import"},
      hidden, true
    from unnest(
      ${items.map((item) => item.itemId)}::text[], ${items.map((item) => item.title ?? "")}::text[],
      ${items.map((item) => JSON.stringify(item.categories ?? []))}::jsonb[],
      ${items.map((item) => jsonText(item.texts))}::jsonb[], ${items.map((item) => jsonText(item.attributes))}::jsonb[],
      ${each((item) => item.latitude)}::double precision[], ${each((item) => item.longitude)}::double precision[],
      ${items.map((item) => item.openingHours ?? "")}::text[], ${items.map((item) => item.timeZone ?? "")}::text[],
      ${each((item) => item.availableFrom)}::double precision[],
      ${each((item) => item.availableUntil)}::double precision[], ${items.map((item) => item.hidden === true)}::boolean[]
    ) as t (item_id, title, categories, texts, attributes, latitude, longitude, opening_hours, time_zone,
      available_from, available_until, hidden)
    on conflict (item_id) do update set title = excluded.title, categories = excluded.categories,
      texts = excluded.texts, attributes = excluded.attributes, latitude = excluded.latitude,
      longitude = excluded.longitude, opening_hours = excluded.opening_hours, time_zone = excluded.time_zone,
      available_from = excluded.available_from, available_until = excluded.available_until, deleted_at = null,
      updated_at = excluded.updated_at, written_by_import = excluded.written_by_import, hidden = excluded.hidden,
      in_catalog = true
  `.execute(db);
}

/** The items that exist among the ids, deleted ones too. */
export async function getItems(store: Store, itemIds: readonly string[]): Promise<Map<string, StoredItem>> {
  const rows = await store.attempt("read items", (db) =>
    db
      .selectFrom("items")
      .selectAll()
      .where("item_id", "=", sql<string>`any(${itemIds}::text[])`)
      .execute(),
  );
  return new Map(rows.map((row) => [row.item_id, storedItemOf(row)]));
}

/** Marks items as deleted; resolves to how many were there. Interactions with them stay. */
export async function deleteItems(store: Store, itemIds: readonly string[]): Promise<number> {
  return store.transaction("delete items", async (db) => {
    const { rows } = await sql<{ item_id: string }>`
      update items set deleted_at = ${instant(store.now())},
        updated_at = ${instant(store.now())}
      where item_id = any(${itemIds}::text[]) and deleted_at is null returning item_id
    `.execute(db);
    if (rows.length > 0) await announce(db, { kind: "items" });
    return rows.length;
  });
}

const PAGE = 5_000;

/** Every item in the order it came in, page by page; only those written since an instant (ms) when one is given. */
export async function* readItems(
  store: Store,
  options: { readonly updatedSince?: number } = {},
): AsyncGenerator<StoredItem[], void> {
  for (let after = 0; ;) {
    const rows = await store.attempt("read items", (db) => {
      const page = db.selectFrom("items").selectAll().where("item_key", ">", after).orderBy("item_key").limit(PAGE);
      const { updatedSince } = options;
      if (updatedSince === undefined) return page.execute();
      return page.where("updated_at", ">=", instant(updatedSince)).execute();
    });
    if (rows.length > 0) yield rows.map(storedItemOf);
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.item_key;
  }
}

/** A row as what is known of its item. */
export function storedItemOf(row: ItemRow): StoredItem {
  return {
    itemId: row.item_id,
    title: row.title,
    categories: row.categories,
    texts: row.texts,
    attributes: row.attributes,
    ...(row.latitude !== null && row.longitude !== null && { latitude: row.latitude, longitude: row.longitude }),
    openingHours: row.opening_hours,
    timeZone: row.time_zone,
    ...(row.available_from !== null && { availableFrom: row.available_from }),
    ...(row.available_until !== null && { availableUntil: row.available_until }),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.deleted_at !== null && { deletedAt: row.deleted_at }),
    ...(row.hidden && { hidden: true }),
    inCatalog: row.in_catalog,
  };
}
