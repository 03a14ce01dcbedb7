import { sql } from "kysely";
import type { Store } from "../connection/store.js";
import { joinLog } from "../events/log-lock.js";
import { instant } from "../instant.js";

/** How many rows of each kind went or were made anonymous. */
export interface Erasure {
  readonly interactions: number;
  readonly requests: number;
  readonly assignments: number;
  readonly vectors: number;
  readonly features: number;
}

/**
 * Removes a user everywhere in one transaction: row, interactions, their event ids, feature values and their changes,
 * vectors, assignments. Requests that were made for them stay for off-policy evaluation, without user and context;
 * impressions and feedback hang on those and name nobody (the ids of the feedback are drawn anew). Items' features are counted again at the next refresh.
 * With `keepOut`, events and imports that name the user later do not make them again; `upsertUsers` does.
 * Undefined when the user is not known. Artifacts fitted before keep what they learned until the next fit.
 */
export async function eraseUser(
  store: Store,
  userId: string,
  { keepOut = true }: { readonly keepOut?: boolean } = {},
): Promise<Erasure | undefined> {
  return store.transaction(
    "erase a user",
    async (db) => {
      const found = await sql<{ user_key: number }>`
        select user_key from users where user_id = ${userId} for update
      `.execute(db);
      const key = found.rows[0]?.user_key;
      if (key === undefined) return undefined;
      await joinLog(db);
      const { rows } = await sql<Erasure>`
        with gone as (
          delete from interactions where user_key = ${key} returning event_id, item_key
        ), unclaimed as (
          delete from event_keys where event_key in (select event_key_of(event_id) from gone)
        ), dirty as (
          insert into feature_dirty_items (item_key) select distinct item_key from gone
        ), unnamed as (
          update feedback set feedback_id = 'erased-' || gen_random_uuid()
          where request_id in (select request_id from requests where user_key = ${key})
        ), anonymous as (
          update requests set user_key = null, context = null where user_key = ${key} returning 1
        ), unassigned as (
          delete from assignments where user_key = ${key} returning 1
        ), vectors as (
          delete from user_vectors where user_key = ${key} returning 1
        ), of_users as (
          select feature_id from feature_definitions where entity in ('user', 'user-category')
        ), changes as (
          delete from feature_changes
          where entity_key = ${key} and feature_id in (select feature_id from of_users) returning 1
        ), current as (
          delete from feature_values
          where entity_key = ${key} and feature_id in (select feature_id from of_users) returning 1
        )
        select (select count(*) from gone) as interactions, (select count(*) from anonymous) as requests,
          (select count(*) from unassigned) as assignments, (select count(*) from vectors) as vectors,
          (select count(*) from changes) + (select count(*) from current) as features
      `.execute(db);
      await sql`delete from users where user_key = ${key}`.execute(db);
      if (keepOut) {
        await sql`
          insert into erased_users (user_hash, erased_at)
          values (erased_user_hash(${userId}), ${instant(store.now())}) on conflict do nothing
        `.execute(db);
      }
      return rows[0];
    },
    { bulk: true },
  );
}
