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
import { announce } from "../connection/changes.js";
import type { Store } from "../connection/store.js";
import { ensureKeys } from "../entities/keys.js";
import { writeItems, type ItemRecord } from "../entities/items.js";
import { upsertUsers } from "../entities/users.js";
import { instant } from "../instant.js";
import { checkId, DEFAULT_KIND, idProblem } from "./event.js";
import { insertInteractions, type InteractionRows } from "./insert-interactions.js";
import { storable } from "../well-formed.js";
import { joinLog } from "./log-lock.js";
import { ensurePartitions } from "./partitions.js";

export interface ImportOptions {
  /** Names the data set: row r becomes event "source/r", so that importing it again adds nothing. */
  readonly source: string;
  /** What kind of interactions rows without one are. Default "visit". */
  readonly kind?: string;
  /**
   * Ids of the events that `context.event` points into, in place of "source/r". Events with such ids may come again in a
   * longer version of the source: what is known is passed over.
   */
  readonly eventIds?: readonly string[] | undefined;
  /** Goes on where an import of the same source stopped. False looks at every row again. Default true. */
  readonly resume?: boolean;
  /** Rows a transaction. */
  readonly batchRows?: number;
  readonly report?: Report;
  readonly signal?: AbortSignal;
}

export interface ImportResult {
  readonly rows: number;
  /** Rows that this call added; the others were there. */
  readonly added: number;
}

/**
 * Loads a data set: its items with what is known of them, its users, its interactions in the order of time. Every batch
 * is one transaction that also notes how far it got, so that stopping at any moment loses nothing and importing again
 * goes on from there. `bad-data` when the source was imported before with other data and has no event ids, or an id cannot
 * be stored.
 */
export async function importInteractions(
  store: Store,
  interactions: Interactions,
  options: ImportOptions,
): Promise<ImportResult> {
  const { source, resume = true, batchRows = 10_000, eventIds, report, signal } = options;
  checkId("source", source);
  if (!(Number.isInteger(batchRows) && batchRows >= 1 && batchRows <= 100_000)) {
    throw new PlatformError("bad-config", `batchRows must be an integer in [1, 100000], got ${batchRows}.`);
  }
  checkIds(interactions.catalog);
  const { size } = interactions;
  for (const id of eventIds ?? []) checkId("eventId", id);
  const print = fingerprintOf(interactions);
  const done = await beginImport(store, { source, print, size, resume, mayGrow: eventIds !== undefined });
  if (done < size || size === 0) {
    await importItems(store, interactions.catalog, signal);
    await importUsers(store, interactions.catalog);
  }
  const order = timeOrder(interactions.times);
  await ensurePartitions(store, interactions.times);
  let added = 0;
  for (let from = done; from < size; from += batchRows) {
    throwIfCancelled(signal);
    const rows = order.subarray(from, Math.min(size, from + batchRows));
    added += await importBatch(store, interactions, rows, from + rows.length, options);
    report?.({ task: `import ${source}`, done: from + rows.length, total: size, unit: "rows" });
  }
  return { rows: size, added };
}

interface Beginning {
  readonly source: string;
  readonly print: string;
  readonly size: number;
  readonly resume: boolean;
  /** Other data of the same name begin again at the first row: their event ids say what is known. */
  readonly mayGrow: boolean;
}

/** How many rows are done. */
async function beginImport(store: Store, { source, print, size, resume, mayGrow }: Beginning): Promise<number> {
  return store.transaction("begin an import", async (db) => {
    await sql`
      insert into imports (source, fingerprint, rows_done, rows_total) values (${source}, ${print}, 0, ${size})
      on conflict do nothing
    `.execute(db);
    const { rows } = await sql<{ fingerprint: string; rows_done: number }>`
      select fingerprint, rows_done from imports where source = ${source} for update
    `.execute(db);
    const { fingerprint: known, rows_done: done } = rows[0]!;
    if (known !== print && mayGrow) {
      await sql`
        update imports set fingerprint = ${print}, rows_done = 0, rows_total = ${size} where source = ${source}
      `.execute(db);
      return 0;
    }
    if (known !== print) {
      throw new PlatformError(
        "bad-data",
        `source ${source} was imported before with other data (fingerprint ${known.slice(0, 12)}, got ` +
          `${print.slice(0, 12)}): choose another name for it.`,
      );
    }
    return resume ? done : 0;
  });
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
      const columns = columnsOf(interactions, rows, options);
      const userKeys = userIds.map((id) => keys.users.get(id)!);
      const itemKeys = itemIds.map((id) => keys.items.get(id)!);
      const fresh = await insertInteractions(db, { ...columns, userKeys, itemKeys });
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
  { times, context, catalog }: Interactions,
  rows: Int32Array,
  { source, kind = DEFAULT_KIND, eventIds }: ImportOptions,
): Omit<InteractionRows, "userKeys" | "itemKeys"> {
  const column = (name: ContextName): (number | null)[] => {
    const values = context[name];
    return Array.from(rows, (row) => {
      const value = values?.[row];
      return value === undefined || Number.isNaN(value) ? null : value;
    });
  };
  return {
    eventIds: Array.from(rows, (row) => eventIds?.[context.event?.[row] ?? NONE] ?? `${source}/${row}`),
    times: Array.from(rows, (row) => times[row]!),
    kinds: Array.from(rows, (row) => catalog.kinds?.[context.kind?.[row] ?? NONE] ?? kind),
    weights: column("weight"),
    positions: column("position"),
    sessions: column("session"),
    latitudes: column("latitude"),
    longitudes: column("longitude"),
    utcOffsets: column("utcOffsetMinutes"),
  };
}

const ITEM_BATCH = 2_000;

async function importItems(store: Store, catalog: Catalog, signal: AbortSignal | undefined): Promise<void> {
  const order = Array.from(catalog.items.ids, (_, index) => index);
  for (let from = 0; from < order.length; from += ITEM_BATCH) {
    throwIfCancelled(signal);
    const records = order.slice(from, from + ITEM_BATCH).map((index) => itemOf(catalog, index));
    // Within a batch in the order of their ids, as everywhere, so that two imports cannot wait for each other.
    records.sort((a, b) => (a.itemId < b.itemId ? -1 : 1));
    await store.transaction("import items", (db) => writeItems(db, records, store.now()), { bulk: true });
  }
  await store.transaction("announce items", (db) => announce(db, { kind: "items" }));
}

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
  for (let from = 0; from < users.size; from += ITEM_BATCH) {
    const ids = users.ids.slice(from, from + ITEM_BATCH);
    const records = ids.map((userId, at) => ({ userId, attributes: attributesAt(userAttributes, from + at) }));
    await upsertUsers(store, records);
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
