import { sql, type Transaction } from "kysely";
import type { Tables } from "../tables.js";

/** Outside id -> key, for the ids that have a row. */
export interface Keys {
  readonly users: ReadonlyMap<string, number>;
  readonly items: ReadonlyMap<string, number>;
}

/**
 * The keys of all users and items given, which are made when missing. Users stay locked against erasure until the
 * transaction ends, so that what is written next cannot outlive them. Rows are locked in the order of their keys and
 * made in the order of their ids: two batches never wait for each other in a circle.
 */
export async function ensureKeys(
  db: Transaction<Tables>,
  userIds: Iterable<string>,
  itemIds: Iterable<string>,
): Promise<Keys> {
  const users = new Map<string, number>();
  const items = new Map<string, number>();
  let missingUsers = [...new Set(userIds)].sort();
  let missingItems = [...new Set(itemIds)].sort();
  for (;;) {
    await lookUp(db, missingUsers, missingItems, users, items);
    missingUsers = missingUsers.filter((id) => !users.has(id));
    missingItems = missingItems.filter((id) => !items.has(id));
    if (missingUsers.length === 0 && missingItems.length === 0) return { users, items };
    // A statement sees what was committed before it began: rows that another process makes now are seen next time.
    await sql`
      with made_users as (
        insert into users (user_id) select id from unnest(${missingUsers}::text[]) as t (id) on conflict do nothing)
      insert into items (item_id) select id from unnest(${missingItems}::text[]) as t (id) on conflict do nothing
    `.execute(db);
  }
}

async function lookUp(
  db: Transaction<Tables>,
  userIds: readonly string[],
  itemIds: readonly string[],
  users: Map<string, number>,
  items: Map<string, number>,
): Promise<void> {
  const { rows } = await sql<{ user: boolean; key: number; id: string }>`
    with known_users as (
      select user_key, user_id from users where user_id = any(${userIds}::text[]) order by user_key for key share)
    select true as user, user_key as key, user_id as id from known_users
    union all
    select false, item_key, item_id from items where item_id = any(${itemIds}::text[])
  `.execute(db);
  for (const row of rows) (row.user ? users : items).set(row.id, row.key);
}
