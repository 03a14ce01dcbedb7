import { sql } from "kysely";
import type { Store } from "../connection/store.js";
import type { Event } from "./event.js";
import { filterOf, type ReadOptions } from "./read-interactions.js";

interface Row {
  seq: number;
  event_id: string;
  user_id: string;
  item_id: string;
  ms: number;
  micros: string;
  kind: string;
  weight: number | null;
  position: number | null;
  session: number | null;
  latitude: number | null;
  longitude: number | null;
  utc_offset_minutes: number | null;
}

const PAGE = 20_000;

/**
 * The log as events in the order of time, page by page, each page a query of its own: a slow reader holds neither a
 * transaction nor a connection. What is appended behind the reader's place meanwhile is left out; what was there
 * before is never missed or repeated.
 */
export async function* exportInteractions(store: Store, options: ReadOptions = {}): AsyncGenerator<Event[], void> {
  const { signal, report } = options;
  let after: Row | undefined;
  let done = 0;
  for (;;) {
    signal?.throwIfAborted();
    const rows = await store.attempt("export interactions", async (db) => {
      const { rows } = await sql<Row>`
        select seq, event_id, user_id, item_id, round(date_part('epoch', time) * 1000) as ms, time::text as micros,
          kind, weight, position, session, interactions.latitude, interactions.longitude, utc_offset_minutes
        from interactions join users using (user_key) join items using (item_key)
        where ${filterOf(options)}
          ${after === undefined ? sql`` : sql`and (time, seq) > (${after.micros}::timestamptz, ${after.seq}::bigint)`}
        order by time, seq limit ${PAGE}
      `.execute(db);
      return rows;
    });
    if (rows.length > 0) yield rows.map(eventOf);
    done += rows.length;
    report?.({ task: "export interactions", done, total: Number.NaN, unit: "rows" });
    if (rows.length < PAGE) return;
    after = rows.at(-1)!;
  }
}

function eventOf(row: Row): Event {
  return {
    eventId: row.event_id,
    userId: row.user_id,
    itemId: row.item_id,
    time: row.ms,
    kind: row.kind,
    ...(row.weight !== null && { weight: row.weight }),
    ...(row.position !== null && { position: row.position }),
    ...(row.session !== null && { session: row.session }),
    ...(row.latitude !== null && { latitude: row.latitude }),
    ...(row.longitude !== null && { longitude: row.longitude }),
    ...(row.utc_offset_minutes !== null && { utcOffsetMinutes: row.utc_offset_minutes }),
  };
}
