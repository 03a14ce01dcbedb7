import { sql, type Transaction } from "kysely";
import { PlatformError } from "@sequitur/core";
import type { Store } from "../connection/store.js";
import { idProblem } from "../events/event.js";
import { jsonText } from "../json-text.js";
import { instant } from "../instant.js";
import type { Tables } from "../tables.js";

export interface UserRecord {
  readonly userId: string;
  /** Any JSON object. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface StoredUser extends UserRecord {
  /** ms since the epoch, UTC. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/**
 * Makes users, or replaces the attributes of those that exist; an import leaves those that the API wrote. A user who was
 * erased comes back by the API alone, since only there somebody says so. `bad-data` names the row that cannot be stored.
 */
export async function upsertUsers(
  store: Store,
  users: readonly UserRecord[],
  writer: "api" | "import" = "api",
): Promise<void> {
  for (const [row, user] of users.entries()) {
    const problem = idProblem("userId", user.userId);
    if (problem !== undefined) throw new PlatformError("bad-data", `user ${row}: ${problem}`);
  }
  const last = [...new Map(users.map((user) => [user.userId, user])).values()].sort((a, b) =>
    a.userId < b.userId ? -1 : 1,
  );
  await store.transaction("write users", async (db) => {
    if (writer === "api") await readmit(db, last);
    await sql`
      insert into users (user_id, attributes, created_at, updated_at, written_by_import)
      select user_id, attributes, ${instant(store.now())}, ${instant(store.now())}, ${writer === "import"}
      from unnest(${last.map((user) => user.userId)}::text[],
        ${last.map((user) => jsonText(user.attributes))}::jsonb[]) as t (user_id, attributes)
      on conflict (user_id) do update set attributes = excluded.attributes, updated_at = excluded.updated_at,
        written_by_import = excluded.written_by_import
      where not excluded.written_by_import or users.written_by_import or users.attributes = '{}'
    `.execute(db);
  });
}

/** Forgets that these users were erased. */
async function readmit(db: Transaction<Tables>, users: readonly UserRecord[]): Promise<void> {
  await sql`
    delete from erased_users
    where user_hash = any(array(select erased_user_hash(id) from unnest(${users.map(({ userId }) => userId)}::text[]) as t (id)))
  `.execute(db);
}

/** The users that exist among the ids. */
export async function getUsers(store: Store, userIds: readonly string[]): Promise<Map<string, StoredUser>> {
  const rows = await store.attempt("read users", (db) =>
    db
      .selectFrom("users")
      .select(["user_id", "attributes", "created_at", "updated_at"])
      .where("user_id", "=", sql<string>`any(${userIds}::text[])`)
      .execute(),
  );
  return new Map(
    rows.map((row) => [
      row.user_id,
      { userId: row.user_id, attributes: row.attributes, createdAt: row.created_at, updatedAt: row.updated_at },
    ]),
  );
}
