import { PlatformError } from "@sequitur/core";
import { sql } from "kysely";
import type { Store } from "../connection/store.js";
import { joinLog } from "./log-lock.js";

/** Which interactions of a user: all that is given must hold, and something must be. */
export interface EventChoice {
  readonly userId: string;
  readonly eventId?: string;
  readonly itemId?: string;
  readonly kind?: string;
}

/**
 * Takes interactions out of the log and gives how many went, one number a choice. Their ids stay claimed, so that an
 * event that is sent again does not come back. Features are counted again at the next refresh.
 */
export async function deleteEvents(store: Store, choices: readonly EventChoice[]): Promise<number[]> {
  for (const [row, { eventId, itemId, kind }] of choices.entries()) {
    if ((eventId ?? itemId ?? kind) !== undefined) continue;
    throw new PlatformError(
      "bad-data",
      `row ${row}: expected eventId, itemId or kind, got none: erase the user instead.`,
    );
  }
  return store.transaction("delete events", async (db) => {
    await joinLog(db);
    const counts: number[] = [];
    for (const { userId, eventId = null, itemId = null, kind = null } of choices) {
      const { rows } = await sql<{ count: number }>`
        with gone as (
          delete from interactions using users
          where users.user_id = ${userId} and interactions.user_key = users.user_key
            and (${eventId}::text is null or event_id = ${eventId})
            and (${itemId}::text is null or item_key = (select item_key from items where item_id = ${itemId}))
            and (${kind}::text is null or kind = ${kind})
          returning interactions.user_key, item_key
        ), dirty_items as (
          insert into feature_dirty_items (item_key) select distinct item_key from gone
        ), dirty_users as (
          insert into feature_dirty_users (user_key) select distinct user_key from gone
        )
        select count(*)::integer as count from gone
      `.execute(db);
      counts.push(rows[0]!.count);
    }
    return counts;
  });
}
