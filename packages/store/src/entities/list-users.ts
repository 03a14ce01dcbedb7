import { sql } from "kysely";
import type { Store } from "../connection/store.js";
import { pageOf, type Page } from "./list-items.js";
import type { StoredUser } from "./users.js";

export interface UserListOptions {
  /** `next` of the page before. Default 0: the first page. */
  readonly after?: number;
  readonly limit: number;
  /** Words of the texts among the attributes, as a web search reads them; or the begin of the id. */
  readonly text?: string;
}

/** Users in the order they came in, page by page. */
export async function listUsers(store: Store, { after = 0, limit, text }: UserListOptions): Promise<Page<StoredUser>> {
  const rows = await store.attempt("list users", (db) => {
    const query = db
      .selectFrom("users")
      .selectAll()
      .where("user_key", ">", after)
      .orderBy("user_key")
      .limit(limit + 1);
    if (text === undefined) return query.execute();
    return query
      .where(
        sql<boolean>`(jsonb_to_tsvector('simple'::regconfig, attributes, '["string"]') @@ websearch_to_tsquery('simple', ${text})
          or starts_with(user_id, ${text}))`,
      )
      .execute();
  });
  return pageOf(
    rows,
    limit,
    (row): StoredUser => ({
      userId: row.user_id,
      attributes: row.attributes,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    }),
    ({ user_key }) => user_key,
  );
}
