import { sql } from "kysely";
import type { Store } from "../connection/store.js";
import { instant } from "../instant.js";
import { jsonText } from "../json-text.js";
import { mergeNames } from "./patch-items.js";
import type { UserRecord } from "./users.js";

/** Changes attributes name by name, null takes one out; the ids, in the order given, of the users that are not there. */
export async function patchUsers(store: Store, patches: readonly UserRecord[]): Promise<string[]> {
  const ids = [...new Set(patches.map(({ userId }) => userId))];
  return store.transaction("change users", async (db) => {
    const { rows } = await sql<{ user_id: string; attributes: Record<string, unknown> }>`
      select user_id, attributes from users where user_id = any(${ids}::text[]) order by user_key for update
    `.execute(db);
    const known = new Map(rows.map(({ user_id, attributes }) => [user_id, attributes]));
    for (const { userId, attributes } of patches) {
      if (known.has(userId)) known.set(userId, mergeNames(known.get(userId), attributes));
    }
    await sql`
      update users set attributes = t.attributes, updated_at = ${instant(store.now())}, written_by_import = false
      from unnest(${[...known.keys()]}::text[], ${[...known.values()].map(jsonText)}::jsonb[]) as t (user_id, attributes)
      where users.user_id = t.user_id
    `.execute(db);
    return ids.filter((id) => !known.has(id));
  });
}
