import { sql, type Transaction } from "kysely";
import { PlatformError, throwIfCancelled } from "@sequitur/core";
import { isDeepStrictEqual } from "node:util";
import { announce } from "../connection/changes.js";
import type { Store } from "../connection/store.js";
import type { Tables } from "../tables.js";
import { itemProblem } from "./item-problem.js";
import { storedItemOf, writeItems, type ItemRecord, type StoredItem } from "./items.js";

/** What an import did, or would do, to the items it names. */
export interface ImportedItems {
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Differ from the import, but the API wrote or deleted them since: they stay as the API left them. */
  readonly kept: number;
}

export interface ImportItemsOptions {
  /** Takes the import's word over the API's; deleted items stay deleted all the same. */
  readonly overwrite: boolean;
  /** Writes nothing. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal | undefined;
}

type Fate = keyof ImportedItems;
export type KnownItem = StoredItem & { readonly writtenByImport: boolean };

const BATCH = 2_000;

/**
 * Adds the items that are new and changes those whose last writer was an import. Of a known item only the fields change
 * that some record has, attributes and texts name by name.
 */
export async function importItems(
  store: Store,
  records: readonly ItemRecord[],
  options: ImportItemsOptions,
): Promise<ImportedItems> {
  const counts = { added: 0, updated: 0, unchanged: 0, kept: 0 };
  // By id, as everywhere, so that two imports cannot wait for each other.
  const sorted = [...records].sort((a, b) => (a.itemId < b.itemId ? -1 : 1));
  const fields = fieldsOf(records);
  for (let from = 0; from < sorted.length; from += BATCH) {
    throwIfCancelled(options.signal);
    const batch = sorted.slice(from, from + BATCH);
    const work = (db: Transaction<Tables>): Promise<Fate[]> => importBatch(db, batch, fields, options, store.now());
    for (const fate of await store.transaction("import items", work, { bulk: true })) counts[fate]++;
  }
  if (!options.dryRun && counts.added + counts.updated > 0) {
    await store.transaction("announce items", (db) => announce(db, { kind: "items" }));
  }
  return counts;
}

async function importBatch(
  db: Transaction<Tables>,
  batch: readonly ItemRecord[],
  fields: Fields,
  { overwrite, dryRun }: ImportItemsOptions,
  now: number,
): Promise<Fate[]> {
  const known = await lockItems(
    db,
    batch.map((item) => item.itemId),
  );
  for (const item of batch) {
    const problem = itemProblem(item);
    if (problem !== undefined) throw new PlatformError("bad-data", `item ${JSON.stringify(item.itemId)}: ${problem}`);
  }
  const merged = batch.map((item) => merge(known.get(item.itemId), item, fields));
  const fates = merged.map((item) => fateOf(known.get(item.itemId), item, overwrite));
  const changed = merged.filter((_, at) => fates[at] === "added" || fates[at] === "updated");
  if (!dryRun && changed.length > 0) await writeItems(db, changed, now, "import");
  return fates;
}

/** The items that exist among the ids, locked against other writers until commit. */
export async function lockItems(db: Transaction<Tables>, ids: readonly string[]): Promise<Map<string, KnownItem>> {
  const rows = await db
    .selectFrom("items")
    .selectAll()
    .where("item_id", "=", sql<string>`any(${ids}::text[])`)
    .orderBy("item_key")
    .forUpdate()
    .execute();
  return new Map(rows.map((row) => [row.item_id, { ...storedItemOf(row), writtenByImport: row.written_by_import }]));
}

function fateOf(known: KnownItem | undefined, merged: ItemRecord, overwrite: boolean): Fate {
  if (known === undefined) return "added";
  if (known.deletedAt !== undefined) return "kept";
  if (known.inCatalog && isDeepStrictEqual(said(known), said(merged))) return "unchanged";
  return known.writtenByImport || overwrite || isBare(known) ? "updated" : "kept";
}

function merge(known: KnownItem | undefined, record: ItemRecord, fields: Fields): ItemRecord {
  if (known === undefined) return record;
  const own = Object.fromEntries([...fields.columns].map((name) => [name, record[name as keyof ItemRecord]]));
  const texts = { ...without(known.texts, fields.texts), ...record.texts };
  const attributes = { ...without(known.attributes, fields.attributes), ...record.attributes };
  return { ...said(known), ...own, texts, attributes, itemId: record.itemId };
}

function without<T>(values: Readonly<Record<string, T>> = {}, names: ReadonlySet<string>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.has(name)));
}

/** What says something in some record: the rest is none of this import's business. */
interface Fields {
  readonly columns: ReadonlySet<string>;
  readonly texts: ReadonlySet<string>;
  readonly attributes: ReadonlySet<string>;
}

function fieldsOf(records: readonly ItemRecord[]): Fields {
  const columns = new Set<string>();
  const texts = new Set<string>();
  const attributes = new Set<string>();
  for (const record of records) {
    for (const [name, value] of Object.entries(record)) if (!isEmpty(value)) columns.add(name);
    for (const name of Object.keys(record.texts ?? {})) texts.add(name);
    for (const name of Object.keys(record.attributes ?? {})) attributes.add(name);
  }
  return { columns, texts, attributes };
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

/** An item as an event makes it: nobody has said anything of it. */
function isBare(item: KnownItem): boolean {
  return isDeepStrictEqual(said(item), said({ itemId: item.itemId }));
}

/** The fields of a record, each with its value for "unknown". */
export function said(item: ItemRecord): ItemRecord {
  return {
    itemId: item.itemId,
    title: item.title ?? "",
    categories: item.categories ?? [],
    texts: item.texts ?? {},
    attributes: item.attributes ?? {},
    openingHours: item.openingHours ?? "",
    timeZone: item.timeZone ?? "",
    ...(item.latitude !== undefined && { latitude: item.latitude }),
    ...(item.longitude !== undefined && { longitude: item.longitude }),
    ...(item.availableFrom !== undefined && { availableFrom: item.availableFrom }),
    ...(item.availableUntil !== undefined && { availableUntil: item.availableUntil }),
    ...(item.hidden === true && { hidden: true }),
  };
}
