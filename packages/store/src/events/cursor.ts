import { sql, type RawBuilder, type Transaction } from "kysely";
import { throwIfCancelled } from "@sequitur/core";
import type { Tables } from "../tables.js";

/** The rows of a query in pages, by a cursor of the transaction: memory holds one page at a time. */
export async function* pages<Row>(
  db: Transaction<Tables>,
  query: RawBuilder<Row>,
  pageRows: number,
  signal?: AbortSignal,
): AsyncGenerator<Row[], void> {
  await sql`declare pages no scroll cursor for ${query}`.execute(db);
  for (;;) {
    throwIfCancelled(signal);
    const { rows } = await sql<Row>`fetch forward ${sql.lit(pageRows)} from pages`.execute(db);
    if (rows.length > 0) yield rows;
    if (rows.length < pageRows) break;
  }
  await sql`close pages`.execute(db);
}
