import type { Store } from "../connection/store.js";
import { itemIdsOf } from "../entities/item-keys.js";

/** Whose history, up to when. */
export interface HistoryAsk {
  readonly userId: string;
  /** Only what happened before this instant (ms). Default: everything. */
  readonly before?: number;
}

export interface HistoryOptions {
  /** At most this many of a user's interactions, the newest. */
  readonly limit: number;
  /** Only these kinds. Default: all. */
  readonly kinds?: readonly string[];
  /** Kinds that are read however old they are, up to 1,000 of a user, as is what has a weight below 0. Default: none. */
  readonly standing?: readonly string[];
}

/** One thing a user did. */
export interface HistoryEntry {
  readonly itemId: string;
  /** ms since the epoch, UTC. */
  readonly time: number;
  readonly kind: string;
  readonly weight?: number;
}

/**
 * Prepared, since planning it over many months takes longer than running it; an array a user in place of a row an
 * interaction, with keys for ids, since what is asked the most should send the least.
 */
const QUERY = `
  select (asked.ordinal - 1)::integer as row,
    json_agg(json_build_array(item_key, round(date_part('epoch', time) * 1000), kind, weight) order by time, seq) as entries
  from unnest($1::text[], $2::double precision[]) with ordinality as asked (user_id, before_ms, ordinal)
  join users on users.user_id = asked.user_id
  cross join lateral (
    (
      select item_key, kind, weight, seq, time
      from interactions
      where user_key = users.user_key and time < to_timestamp(asked.before_ms / 1000)
        and ($4::text[] is null or kind = any($4::text[]))
      order by time desc, seq desc limit $3::integer
    ) union (
      select item_key, kind, weight, seq, time
      from interactions
      where $5::text[] is not null and user_key = users.user_key and time < to_timestamp(asked.before_ms / 1000)
        and (kind = any($5::text[]) or weight < 0)
      order by time desc, seq desc limit 1000
    )
  ) as recent
  group by asked.ordinal`;

/** The last interactions of each user, oldest first; [] for a user who is not known. One round trip. */
export async function userHistory(
  store: Store,
  asks: readonly HistoryAsk[],
  { limit, kinds, standing }: HistoryOptions,
): Promise<HistoryEntry[][]> {
  const histories: HistoryEntry[][] = asks.map(() => []);
  if (asks.length === 0) return histories;
  const values = [
    asks.map(({ userId }) => userId),
    asks.map(({ before = Infinity }) => before),
    limit,
    kinds ?? null,
    standing ?? null,
  ];
  const rows = await store.prepared<{
    row: number;
    entries: [key: number, ms: number, kind: string, weight: number | null][];
  }>("read a history", { name: "user-history", text: QUERY, values });
  const ids = await itemIdsOf(
    store,
    rows.flatMap(({ entries }) => entries.map(([key]) => key)),
  );
  for (const { row, entries } of rows) {
    histories[row] = entries.map(([key, time, kind, weight]) => ({
      itemId: ids.get(key)!,
      time,
      kind,
      ...(weight !== null && { weight }),
    }));
  }
  return histories;
}
