import { sql } from "kysely";
import type { Store } from "../connection/store.js";

/** What a JSON value can be, a list of texts apart from other lists. */
export type AttributeKind = "number" | "text" | "boolean" | "texts" | "other";

/** Attribute of the users -> the kinds of its values, null aside; one pass over the users. */
export async function userAttributeTypes(store: Store): Promise<Map<string, AttributeKind[]>> {
  const { rows } = await store.attempt("read the attributes of users", (db) =>
    sql<{ name: string; kind: AttributeKind }>`
      select distinct key as name, case jsonb_typeof(value)
          when 'number' then 'number' when 'string' then 'text' when 'boolean' then 'boolean'
          when 'array' then case when jsonb_path_exists(value, '$[*] ? (@.type() != "string")') then 'other' else 'texts' end
          else 'other' end as kind
      from users, jsonb_each(attributes) where attributes <> '{}' and jsonb_typeof(value) <> 'null'
      order by name, kind
    `.execute(db),
  );
  const kinds = new Map<string, AttributeKind[]>();
  for (const { name, kind } of rows) kinds.set(name, [...(kinds.get(name) ?? []), kind]);
  return kinds;
}
