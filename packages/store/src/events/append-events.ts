import type { Store } from "../connection/store.js";
import { ensureKeys } from "../entities/keys.js";
import { DEFAULT_KIND, eventProblem, type Event, type EventResult } from "./event.js";
import { insertInteractions, type InteractionRows } from "./insert-interactions.js";
import { joinLog } from "./log-lock.js";
import { ensurePartitions } from "./partitions.js";

/**
 * Appends a batch in one transaction and resolves once it is committed: one result a row, in order. Rows that cannot
 * be stored are rejected one by one; an event id seen before, in this batch or any other, is a duplicate. Sending the
 * same batch again is safe.
 */
export async function appendEvents(store: Store, events: readonly Event[]): Promise<EventResult[]> {
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
  const inserted = await store.transaction("append events", async (db) => {
    const keys = await ensureKeys(
      db,
      valid.map((event) => event.userId),
      valid.map((event) => event.itemId),
    );
    await joinLog(db);
    return insertInteractions(db, columnsOf(valid, keys.users, keys.items));
  });
  for (const index of inserted) results[rows[index]!] = { status: "accepted" };
  return results;
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
