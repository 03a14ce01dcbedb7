import { sql } from "kysely";
import {
  NONE,
  PlatformError,
  throwIfCancelled,
  type AttributeColumns,
  type AttributeValue,
  type Catalog,
  type ContextName,
  type Interactions,
  type Report,
} from "@sequitur/core";
import { createHash } from "node:crypto";
import type { Store } from "../connection/store.js";
import { ensureKeys } from "../entities/keys.js";
import { importItems, type ImportedItems } from "../entities/import-items.js";
import type { ItemRecord } from "../entities/items.js";
import { upsertUsers } from "../entities/users.js";
import { instant } from "../instant.js";
import { contentIds } from "./content-ids.js";
import { checkId, DEFAULT_KIND, idProblem } from "./event.js";
import { insertInteractions, type InteractionRows } from "./insert-interactions.js";
import { storable } from "../well-formed.js";
import { joinLog } from "./log-lock.js";
import { ensurePartitions } from "./partitions.js";

export interface ImportOptions {
  /** Names the data set and its events, so that a longer version of it adds the new ones only (see `contentIds`). */
  readonly source: string;
  /** What kind of interactions rows without one are. Default "visit". */
  readonly kind?: string;
  /**
   * Ids of the events that `context.event` points into, in place of those made of what the rows say. Other sources and
   * the API may send the same ids: what is known is passed over.
   */
  readonly eventIds?: readonly string[] | undefined;
  /** Goes on where an import of the same source stopped. False looks at every row again. Default true. */
  readonly resume?: boolean;
  /** Rows a transaction. */
  readonly batchRows?: number;
  /** Writes nothing, says what would happen. Default false. */
  readonly dryRun?: boolean;
  /** Lets the data replace items that the API wrote; deleted ones stay deleted. Default false. */
  readonly overwriteItems?: boolean;
  readonly report?: Report;
  readonly signal?: AbortSignal;
}

export interface ImportResult {
  readonly rows: number;
  /** Rows that this call added; the others were there, or are of users who were erased. */
  readonly added: number;
  readonly items: ImportedItems;
}

/**
 * Loads a data set: its items with what is known of them, its users, its interactions in the order of time. Every batch
 * is one transaction that also notes how far it got, so that stopping at any moment loses nothing and importing again
 * goes on from there. A changed version of the source adds the rows that are new and changes the items that no one else
 * has written since. `bad-data` when an id cannot be stored.
 */
export async function importInteractions(
  store: Store,
  interactions: Interactions,
  options: ImportOptions,
): Promise<ImportResult> {
  const { source, eventIds, batchRows = 10_000, dryRun = false, overwriteItems: overwrite = false, signal } = options;
  checkId("source", source);
  if (!(Number.isInteger(batchRows) && batchRows >= 1 && batchRows <= 100_000)) {
    throw new PlatformError("bad-config", `batchRows must be an integer in [1, 100000], got ${batchRows}.`);
  }
  checkIds(interactions.catalog);
  for (const id of eventIds ?? []) checkId("eventId", id);
  const { size, catalog } = interactions;
  const done = await beginImport(store, fingerprintOf(interactions), size, options);
  const records = Array.from(catalog.items.ids, (_, index) => itemOf(catalog, index));
  const items = await importItems(store, records, { overwrite, dryRun, signal });
  if (!dryRun) await importUsers(store, catalog);
  const added = await importRows(store, interactions, done, { ...options, batchRows });
  return { rows: size, added, items };
}

async function importRows(
  store: Store,
  interactions: Interactions,
  done: number,
  options: ImportOptions & { readonly batchRows: number },
): Promise<number> {
  const { source, batchRows, dryRun = false, report, signal } = options;
  const order = timeOrder(interactions.times);
  if (!dryRun) await ensurePartitions(store, interactions.times);
  const total = interactions.size;
  let added = 0;
  for (let from = done; from < total; from += batchRows) {
    throwIfCancelled(signal);
    const rows = order.subarray(from, Math.min(total, from + batchRows));
    added += dryRun
      ? await countNew(store, eventIdsOf(interactions, rows, options))
      : await importBatch(store, interactions, rows, from + rows.length, options);
    report?.({ task: `import ${source}`, done: from + rows.length, total, unit: "rows" });
  }
  return added;
}

/** How many of the event ids nothing in the store has. */
async function countNew(store: Store, eventIds: readonly string[]): Promise<number> {
  const { rows } = await store.attempt("look for events", (db) =>
    sql<{ known: number }>`
      select count(*)::integer as known from event_keys
      where event_key in (select event_key_of(id) from unnest(${eventIds}::text[]) as t (id))
    `.execute(db),
  );
  return eventIds.length - rows[0]!.known;
}

/** The rows (by time) that an import of the same data has done. Other data of the same name begin at the first row. */
async function beginImport(store: Store, fingerprint: string, size: number, options: ImportOptions): Promise<number> {
  const { source, resume = true, dryRun = false, eventIds } = options;
  return store.transaction("begin an import", async (db) => {
    const { rows } = await sql<{ fingerprint: string; rows_done: number; named_by_content: boolean }>`
      select fingerprint, rows_done, named_by_content from imports where source = ${source} for update
    `.execute(db);
    const known = rows[0];
    if (known?.fingerprint === fingerprint && resume) return known.rows_done;
    if (known?.named_by_content === false && eventIds === undefined) throw namedByRow(source);
    if (dryRun) return 0;
    await sql`
      insert into imports (source, fingerprint, rows_done, rows_total, named_by_content)
      values (${source}, ${fingerprint}, 0, ${size}, true)
      on conflict (source) do update set fingerprint = excluded.fingerprint, rows_done = 0, rows_total = excluded.rows_total
    `.execute(db);
    return 0;
  });
}

function namedByRow(source: string): PlatformError {
  return new PlatformError(
    "bad-data",
    `source ${source} was imported by an earlier version, which numbered its events by row, so that a changed file ` +
      "cannot be matched with them: import it into an empty store.",
  );
}

async function importBatch(
  store: Store,
  interactions: Interactions,
  rows: Int32Array,
  done: number,
  options: ImportOptions,
): Promise<number> {
  const { catalog, users, items } = interactions;
  const userIds = Array.from(rows, (row) => catalog.users.ids[users[row]!]!);
  const itemIds = Array.from(rows, (row) => catalog.items.ids[items[row]!]!);
  const work = "import interactions";
  const inserted = await store.transaction(
    work,
    async (db) => {
      const keys = await ensureKeys(db, userIds, itemIds);
      await joinLog(db);
      const kept = rows.filter((_, at) => keys.users.has(userIds[at]!));
      const userKeys = userIds.flatMap((id) => keys.users.get(id) ?? []);
      const itemKeys = itemIds.filter((_, at) => keys.users.has(userIds[at]!)).map((id) => keys.items.get(id)!);
      const fresh = await insertInteractions(db, { ...columnsOf(interactions, kept, options), userKeys, itemKeys });
      await sql`
        update imports set rows_done = greatest(rows_done, ${done}::bigint), updated_at = ${instant(store.now())}
        where source = ${options.source}
      `.execute(db);
      return fresh;
    },
    { bulk: true },
  );
  return inserted.length;
}

function columnsOf(
  interactions: Interactions,
  rows: Int32Array,
  options: ImportOptions,
): Omit<InteractionRows, "userKeys" | "itemKeys"> {
  const { times, context } = interactions;
  const column = (name: ContextName): (number | null)[] => {
    const values = context[name];
    return Array.from(rows, (row) => {
      const value = values?.[row];
      return value === undefined || Number.isNaN(value) ? null : value;
    });
  };
  return {
    eventIds: eventIdsOf(interactions, rows, options),
    times: Array.from(rows, (row) => times[row]!),
    kinds: Array.from(rows, kindsOf(interactions, options)),
    weights: column("weight"),
    positions: column("position"),
    sessions: column("session"),
    latitudes: column("latitude"),
    longitudes: column("longitude"),
    utcOffsets: column("utcOffsetMinutes"),
  };
}

function eventIdsOf(interactions: Interactions, rows: Int32Array, options: ImportOptions): string[] {
  const { event } = interactions.context;
  const made = contentIds(options.source, interactions, kindsOf(interactions, options), rows);
  return made.map((id, at) => options.eventIds?.[event?.[rows[at]!] ?? NONE] ?? id);
}

function kindsOf({ catalog, context }: Interactions, { kind = DEFAULT_KIND }: ImportOptions): (row: number) => string {
  return (row) => catalog.kinds?.[context.kind?.[row] ?? NONE] ?? kind;
}

const USER_BATCH = 2_000;

function itemOf({ items, itemColumns }: Catalog, index: number): ItemRecord {
  const { titles, categories, texts, latitudes, longitudes, openingHours, timeZones } = itemColumns;
  const [availableFrom, availableUntil] = [itemColumns.availableFrom, itemColumns.availableUntil].map(
    (column) => column?.[index] ?? Number.NaN,
  ) as [number, number];
  const latitude = latitudes?.[index] ?? Number.NaN;
  const longitude = longitudes?.[index] ?? Number.NaN;
  const clean = (text: string | undefined): string => storable(text ?? "");
  const own = Object.entries(texts ?? {}).map(([name, values]) => [name, clean(values[index])] as const);
  return {
    itemId: items.ids[index]!,
    title: clean(titles?.[index]),
    categories: (categories?.[index] ?? []).map(clean),
    texts: Object.fromEntries(own.filter(([, text]) => text !== "")),
    ...(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 && { latitude, longitude }),
    openingHours: clean(openingHours?.[index]),
    timeZone: clean(timeZones?.[index]),
    attributes: attributesAt(itemColumns.attributes, index),
    ...(Number.isFinite(availableFrom) && { availableFrom }),
    ...(Number.isFinite(availableUntil) && { availableUntil }),
  };
}

/** The attributes that are known of one item or user. */
function attributesAt(columns: AttributeColumns = {}, index: number): Record<string, AttributeValue> {
  const entries = Object.entries(columns).map(([name, values]) => [name, values[index] ?? null] as const);
  const known = entries.filter((entry): entry is readonly [string, AttributeValue] => entry[1] !== null);
  return Object.fromEntries(known.map(([name, value]) => [name, typeof value === "string" ? storable(value) : value]));
}

async function importUsers(store: Store, { users, userAttributes }: Catalog): Promise<void> {
  if (userAttributes === undefined) return;
  for (let from = 0; from < users.size; from += USER_BATCH) {
    const ids = users.ids.slice(from, from + USER_BATCH);
    const records = ids.map((userId, at) => ({ userId, attributes: attributesAt(userAttributes, from + at) }));
    await upsertUsers(store, records, "import");
  }
}

function checkIds(catalog: Catalog): void {
  for (const [name, table] of [["userId", catalog.users] as const, ["itemId", catalog.items] as const]) {
    for (const [index, id] of table.ids.entries()) {
      const problem = idProblem(name, id);
      if (problem !== undefined) throw new PlatformError("bad-data", `${name} ${index}: ${problem}`);
    }
  }
}

/** Rows by time, ties in their order, so that a month's rows lie together. */
function timeOrder(times: Float64Array): Int32Array {
  const order = Int32Array.from(times, (_, row) => row);
  return order.sort((a, b) => times[a]! - times[b]! || a - b);
}

function fingerprintOf({ catalog, users, items, times }: Interactions): string {
  const hash = createHash("sha256");
  for (const column of [users, items, times]) {
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
  for (const table of [catalog.users, catalog.items]) hash.update(JSON.stringify(table.ids));
  return hash.digest("hex");
}
