import { sql, type Transaction } from "kysely";
import type { Tables } from "../tables.js";

/** Rows to insert as columns of one length; keys, not ids. `null` means unknown. */
export interface InteractionRows {
  readonly eventIds: readonly string[];
  readonly userKeys: ArrayLike<number>;
  readonly itemKeys: ArrayLike<number>;
  /** ms since the epoch, UTC. */
  readonly times: ArrayLike<number>;
  readonly kinds: readonly string[];
  readonly weights: readonly (number | null)[];
  readonly positions: readonly (number | null)[];
  readonly sessions: readonly (number | null)[];
  readonly latitudes: readonly (number | null)[];
  readonly longitudes: readonly (number | null)[];
  readonly utcOffsets: readonly (number | null)[];
}

/** Inserts rows with distinct event ids; resolves to the rows (0-based) that were new. Their months must exist. */
export async function insertInteractions(db: Transaction<Tables>, rows: InteractionRows): Promise<number[]> {
  const { rows: inserted } = await sql<{ row: number }>`
    with input as (
      select *, event_key_of(event_id) as event_key
      from unnest(
        ${rows.eventIds}::text[], ${[...asArray(rows.userKeys)]}::integer[], ${[...asArray(rows.itemKeys)]}::integer[],
        ${[...asArray(rows.times)]}::double precision[], ${rows.kinds}::text[], ${rows.weights}::real[],
        ${rows.positions}::integer[], ${rows.sessions}::integer[], ${rows.latitudes}::double precision[],
        ${rows.longitudes}::double precision[], ${rows.utcOffsets}::smallint[]
      ) with ordinality as t (event_id, user_key, item_key, ms, kind, weight, position, session, latitude, longitude,
        utc_offset_minutes, ordinal)
    ), claimed as (
      insert into event_keys (event_key) select event_key from input order by event_key
      on conflict do nothing returning event_key
    ), fresh as (
      select * from input join claimed using (event_key)
    ), inserted as (
      insert into interactions (event_id, user_key, item_key, time, kind, weight, position, session, latitude,
        longitude, utc_offset_minutes)
      select event_id, user_key, item_key, to_timestamp(ms / 1000), kind, weight, position, session, latitude,
        longitude, utc_offset_minutes
      from fresh order by ordinal
    )
    select (ordinal - 1)::integer as row from fresh
  `.execute(db);
  return inserted.map(({ row }) => row);
}

function asArray(values: ArrayLike<number>): ArrayLike<number> & Iterable<number> {
  return Array.isArray(values) ? values : (values as Float64Array);
}
