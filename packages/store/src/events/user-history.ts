import { sql } from "kysely";
import type { Store } from "../connection/store.js";
import { instant } from "../instant.js";

export interface HistoryOptions {
  /** At most this many of a user's interactions, the newest. */
  readonly limit: number;
  /** Only what happened before this instant (ms). Default: everything. */
  readonly before?: number;
  /** Only these kinds. Default: all. */
  readonly kinds?: readonly string[];
}

/** One thing a user did. */
export interface HistoryEntry {
  readonly itemId: string;
  /** ms since the epoch, UTC. */
  readonly time: number;
  readonly kind: string;
}

/** The last interactions of each user, oldest first; [] for a user who is not known. One round trip. */
export async function userHistory(
  store: Store,
  userIds: readonly string[],
  options: HistoryOptions,
): Promise<HistoryEntry[][]> {
  const { limit, before, kinds } = options;
  const rows = await store.attempt("read a history", async (db) => {
    const result = await sql<{ row: number; item_id: string; ms: number; kind: string }>`
      select (asked.ordinal - 1)::integer as row, items.item_id, recent.ms, recent.kind
      from unnest(${userIds}::text[]) with ordinality as asked (user_id, ordinal)
      join users on users.user_id = asked.user_id
      cross join lateral (
        select item_key, kind, seq, round(date_part('epoch', time) * 1000) as ms
        from interactions
        where user_key = users.user_key
          ${before === undefined ? sql`` : sql`and time < ${instant(before)}`}
          ${kinds === undefined ? sql`` : sql`and kind = any(${kinds}::text[])`}
        order by time desc, seq desc limit ${limit}
      ) as recent
      join items using (item_key)
      order by asked.ordinal, recent.ms, recent.seq
    `.execute(db);
    return result.rows;
  });
  const histories: HistoryEntry[][] = userIds.map(() => []);
  for (const { row, item_id, ms, kind } of rows) histories[row]!.push({ itemId: item_id, time: ms, kind });
  return histories;
}
