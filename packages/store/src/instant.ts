import { sql, type RawBuilder } from "kysely";

/** An instant for SQL, of ms since the epoch; null stays null. */
export function instant(ms: number | null | undefined): RawBuilder<number> {
  return sql<number>`to_timestamp(${ms ?? null}::double precision / 1000)`;
}
