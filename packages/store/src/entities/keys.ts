import { sql, type Transaction } from "kysely";
import type { Tables } from "../tables.js";

/** Outside id -> key, for the ids that have a row. */
export interface Keys {
  /** Without the users that were erased and stay so. */
  readonly users: ReadonlyMap<string, number>;
  readonly items: ReadonlyMap<string, number>;
}

/**
 * The keys of all users and items given, which are made when missing; an erased user is not. Users stay locked against erasure until the
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
    const erased = await lookUp(db, missingUsers, missingItems, users, items);
    missingUsers = missingUsers.filter((id) => !users.has(id) && !erased.has(id));
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

/** Adds the keys of those that are there; gives the ids that belong to erased users. */
async function lookUp(
  db: Transaction<Tables>,
  userIds: readonly string[],
  itemIds: readonly string[],
  users: Map<string, number>,
  items: Map<string, number>,
): Promise<Set<string>> {
  const { rows } = await sql<{ kind: "user" | "item" | "erased"; key: number; id: string }>`
    with known_users as (
      select user_key, user_id from users where user_id = any(${userIds}::text[]) order by user_key for key share)
    select 'user' as kind, user_key as key, user_id as id from known_users
    union all
    select 'item', item_key, item_id from items where item_id = any(${itemIds}::text[])
    union all
    select 'erased', 0, id from unnest(${userIds}::text[]) as t (id)
    where exists (select from erased_users) and not exists (select from known_users where user_id = id)
      and exists (select from erased_users where user_hash = erased_user_hash(id))
  `.execute(db);
  const erased = new Set<string>();
  for (const { kind, key, id } of rows) {
    if (kind === "erased") erased.add(id);
    else (kind === "user" ? users : items).set(id, key);
  }
  return erased;
}
