import { PlatformError } from "@sequitur/core";
import { sql } from "kysely";
import type { Store } from "../connection/store.js";
import { joinLog } from "../events/log-lock.js";
import { instant } from "../instant.js";

/** How many rows went over. */
export interface Merge {
  readonly interactions: number;
  readonly requests: number;
}

/**
 * Gives all that one user did to another, in one transaction, and removes the first: an anonymous visitor who logged in.
 * Attributes of `into` win; arms of experiments that `into` has stay. The user `into` is made when not known; undefined
 * when `from` is not known.
 */
export async function mergeUsers(store: Store, from: string, into: string): Promise<Merge | undefined> {
  if (from === into) throw new PlatformError("bad-data", "from and into must be two users, got one.");
  const work = "merge users";
  return store.transaction(
    work,
    async (db) => {
      await sql`insert into users (user_id) values (${into}) on conflict do nothing`.execute(db);
      const { rows: found } = await sql<{ user_key: number; user_id: string }>`
        select user_key, user_id from users where user_id in (${from}, ${into}) order by user_key for update
      `.execute(db);
      const source = found.find(({ user_id }) => user_id === from)?.user_key;
      const target = found.find(({ user_id }) => user_id === into)?.user_key;
      if (source === undefined) return undefined;
      if (target === undefined) throw new PlatformError("bad-data", "into names a user who was erased.");
      await joinLog(db);
      const { rows } = await sql<Merge>`
        with moved as (
          update interactions set user_key = ${target} where user_key = ${source} returning item_key
        ), dirty_items as (
          insert into feature_dirty_items (item_key) select distinct item_key from moved
        ), dirty_users as (
          insert into feature_dirty_users (user_key) select unnest(${[source, target]}::integer[])
        ), answered as (
          update requests set user_key = ${target} where user_key = ${source} returning 1
        ), assigned as (
          insert into assignments (experiment_id, user_key, arm, assigned_at, first_exposed_at, last_exposed_at, exposures)
          select experiment_id, ${target}::integer, arm, assigned_at, first_exposed_at, last_exposed_at, exposures
          from assignments where user_key = ${source} on conflict do nothing
        ), described as (
          update users set attributes = (select attributes from users where user_key = ${source}) || attributes,
            updated_at = ${instant(store.now())}
          where user_key = ${target}
        )
        select (select count(*) from moved)::integer as interactions, (select count(*) from answered)::integer as requests
      `.execute(db);
      await sql`delete from users where user_key = ${source}`.execute(db);
      return rows[0];
    },
    { bulk: true },
  );
}
