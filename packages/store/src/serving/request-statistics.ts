import { sql } from "kysely";
import type { Store } from "../connection/store.js";
import { itemIdsOf } from "../entities/item-keys.js";
import { instant } from "../instant.js";

/** Which answers are counted. */
export interface RequestWindow {
  /** Asked at or after this instant (ms). */
  readonly from: number;
  /** Asked before this instant (ms). */
  readonly before: number;
  /** Kinds of feedback that, with a value above 0, count as a response. */
  readonly positive: readonly string[];
}

/** One asker of the window; a request without a user is an asker of its own. */
export interface AskerCounts {
  readonly requests: number;
  /** Requests with at least one positive response. */
  readonly responded: number;
}

const RESPONDED = (positive: readonly string[]) => sql`exists (
  select from feedback where feedback.request_id = requests.request_id and kind = any(${[...positive]}) and value > 0
)`;

/** What every asker was answered in a window and responded to: the units of a response rate with its interval. */
export async function askerCounts(store: Store, { from, before, positive }: RequestWindow): Promise<AskerCounts[]> {
  const { rows } = await store.attempt("count requests", (db) =>
    sql<AskerCounts>`
      select count(*)::integer as requests, (count(*) filter (where responded))::integer as responded
      from (
        select coalesce(user_key::text, request_id::text) as asker, ${RESPONDED(positive)} as responded
        from requests where time >= ${instant(from)} and time < ${instant(before)}
      ) as asked
      group by asker
    `.execute(db),
  );
  return rows;
}

/** A piece of a window. */
export interface RequestBucket extends AskerCounts {
  /** Its beginning, ms since the epoch, UTC. */
  readonly at: number;
}

/** The requests of a window, in pieces of `bucketMs` from its beginning; pieces without requests are left out. */
export async function requestsOverTime(
  store: Store,
  { from, before, positive }: RequestWindow,
  bucketMs: number,
): Promise<RequestBucket[]> {
  const { rows } = await store.attempt("count requests over time", (db) =>
    sql<AskerCounts & { bucket: number }>`
      select floor((date_part('epoch', time) * 1000 - ${from}::double precision) / ${bucketMs}::double precision)::integer as bucket,
        count(*)::integer as requests, (count(*) filter (where ${RESPONDED(positive)}))::integer as responded
      from requests where time >= ${instant(from)} and time < ${instant(before)}
      group by 1 order by 1
    `.execute(db),
  );
  return rows.map(({ bucket, ...counts }) => ({ at: from + bucket * bucketMs, ...counts }));
}

/** How often each item was shown in a window: id -> positions. */
export async function shownItems(
  store: Store,
  { from, before }: Pick<RequestWindow, "from" | "before">,
): Promise<Map<string, number>> {
  const { rows } = await store.attempt("count what was shown", (db) =>
    sql<{ item_key: number; shown: number }>`
      select item_key, count(*)::integer as shown
      from impressions join requests using (request_id)
      where time >= ${instant(from)} and time < ${instant(before)}
      group by item_key
    `.execute(db),
  );
  const ids = await itemIdsOf(
    store,
    rows.map(({ item_key }) => item_key),
  );
  return new Map(rows.map(({ item_key, shown }) => [ids.get(item_key)!, shown]));
}

/** The newest event, ms since the epoch; undefined where there is none. */
export async function newestEventTime(store: Store): Promise<number | undefined> {
  const { rows } = await store.attempt("look for the newest event", (db) =>
    sql<{ ms: number | null }>`select date_part('epoch', max(time)) * 1000 as ms from interactions`.execute(db),
  );
  return rows[0]?.ms ?? undefined;
}

/** Users who were answered or seen last, newest first: whom to look at first. */
export async function recentUsers(store: Store, most: number): Promise<string[]> {
  const { rows } = await store.attempt("list recent users", (db) =>
    sql<{ user_id: string }>`
      select user_id from users
      left join (
        select user_key, max(time) as last from (
          select user_key, time from requests where user_key is not null order by time desc limit 500
        ) as newest group by user_key
      ) as asked using (user_key)
      order by asked.last desc nulls last, user_key limit ${most}
    `.execute(db),
  );
  return rows.map(({ user_id }) => user_id);
}
