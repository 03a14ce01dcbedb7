import { sql, type Transaction } from "kysely";
import type { Tables } from "../tables.js";

/** Held until commit by whoever takes numbers of the log. */
export async function joinLog(db: Transaction<Tables>): Promise<void> {
  await sql`select pg_advisory_xact_lock_shared(hashtext('sequitur.log'))`.execute(db);
}

/**
 * The last number of the log, when every row up to it is committed: waits for the writers under way, holds up new ones
 * for as long as its own transaction lasts, so let that end at once.
 */
export async function settledSeq(db: Transaction<Tables>): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtext('sequitur.log'))`.execute(db);
  const { rows } = await sql<{ last: number }>`
    select case when is_called then last_value else 0 end as last from interaction_seq`.execute(db);
  return rows[0]!.last;
}
