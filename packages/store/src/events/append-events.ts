import { sql, type Transaction } from "kysely";
import type { Store } from "../connection/store.js";
import { ensureKeys } from "../entities/keys.js";
import { DEFAULT_KIND, eventProblem, type Event, type EventResult } from "./event.js";
import { insertInteractions, type InteractionRows } from "./insert-interactions.js";
import { joinLog } from "./log-lock.js";
import { ensurePartitions } from "./partitions.js";
import type { Tables } from "../tables.js";

/** What to do with what the store does not know. */
export interface AppendOptions {
  /** Rejects rows whose item nobody described. Default false: the item is made, and not in the catalogue. */
  readonly refuseUnknownItems?: boolean;
  /** Rejects rows whose user is not there. Default false: the user is made. */
  readonly refuseUnknownUsers?: boolean;
}

/**
 * Appends a batch in one transaction and resolves once it is committed: one result a row, in order. Rows that cannot
 * be stored are rejected one by one, as are those of erased users; an event id seen before, in this batch or any other,
 * is a duplicate. Sending the same batch again is safe.
 */
export async function appendEvents(
  store: Store,
  events: readonly Event[],
  options: AppendOptions = {},
): Promise<EventResult[]> {
  const results: EventResult[] = events.map(() => ({ status: "duplicate" }));
  const seen = new Set<string>();
  const rows: number[] = [];
  for (const [row, event] of events.entries()) {
    const message = eventProblem(event);
    if (message !== undefined) results[row] = { status: "rejected", message };
    else if (!seen.has(event.eventId)) {
      seen.add(event.eventId);
      rows.push(row);
    }
  }
  if (rows.length === 0) return results;
  const valid = rows.map((row) => events[row]!);
  await ensurePartitions(
    store,
    valid.map((event) => event.time),
  );
  const outcomes = await store.transaction("append events", (db) => appendValid(db, valid, options));
  for (const [index, outcome] of outcomes.entries()) results[rows[index]!] = outcome;
  return results;
}

async function appendValid(
  db: Transaction<Tables>,
  events: readonly Event[],
  options: AppendOptions,
): Promise<EventResult[]> {
  const unknown = await unknownAmong(db, events, options);
  const outcomes = events.map((event): EventResult | undefined => refusal(event, unknown));
  const open = [...events.keys()].filter((at) => outcomes[at] === undefined);
  const keys = await ensureKeys(
    db,
    open.map((at) => events[at]!.userId),
    open.map((at) => events[at]!.itemId),
  );
  const kept = open.filter((at) => keys.users.has(events[at]!.userId));
  await joinLog(db);
  const columns = columnsOf(
    kept.map((at) => events[at]!),
    keys.users,
    keys.items,
  );
  const inserted = new Set((await insertInteractions(db, columns)).map((row) => kept[row]!));
  return events.map(({ userId }, at) => {
    if (outcomes[at] !== undefined) return outcomes[at];
    if (!keys.users.has(userId)) return { status: "rejected", message: "userId names a user who was erased." };
    return { status: inserted.has(at) ? "accepted" : "duplicate" };
  });
}

interface Unknown {
  readonly users: ReadonlySet<string>;
  readonly items: ReadonlySet<string>;
}

async function unknownAmong(
  db: Transaction<Tables>,
  events: readonly Event[],
  { refuseUnknownItems = false, refuseUnknownUsers = false }: AppendOptions,
): Promise<Unknown> {
  const userIds = refuseUnknownUsers ? [...new Set(events.map((event) => event.userId))] : [];
  const itemIds = refuseUnknownItems ? [...new Set(events.map((event) => event.itemId))] : [];
  if (userIds.length + itemIds.length === 0) return { users: new Set(), items: new Set() };
  const { rows } = await sql<{ user: boolean; id: string }>`
    select true as user, id from unnest(${userIds}::text[]) as t (id)
    where not exists (select from users where user_id = id)
    union all
    select false, id from unnest(${itemIds}::text[]) as t (id)
    where not exists (select from items where item_id = id and in_catalog)
  `.execute(db);
  const idsOf = (user: boolean) => new Set(rows.filter((row) => row.user === user).map(({ id }) => id));
  return { users: idsOf(true), items: idsOf(false) };
}

function refusal({ userId, itemId }: Event, unknown: Unknown): EventResult | undefined {
  if (unknown.items.has(itemId)) {
    return { status: "rejected", message: `itemId ${JSON.stringify(itemId)} is not in the catalogue.` };
  }
  if (unknown.users.has(userId)) return { status: "rejected", message: "userId names a user who is not known." };
  return undefined;
}

function columnsOf(
  events: readonly Event[],
  users: ReadonlyMap<string, number>,
  items: ReadonlyMap<string, number>,
): InteractionRows {
  return {
    eventIds: events.map((event) => event.eventId),
    userKeys: events.map((event) => users.get(event.userId)!),
    itemKeys: events.map((event) => items.get(event.itemId)!),
    times: events.map((event) => event.time),
    kinds: events.map((event) => event.kind ?? DEFAULT_KIND),
    weights: events.map((event) => event.weight ?? null),
    positions: events.map((event) => event.position ?? null),
    sessions: events.map((event) => event.session ?? null),
    latitudes: events.map((event) => event.latitude ?? null),
    longitudes: events.map((event) => event.longitude ?? null),
    utcOffsets: events.map((event) => event.utcOffsetMinutes ?? null),
  };
}
