import { sql, type RawBuilder } from "kysely";
import {
  IdTableBuilder,
  interactionsFrom,
  type Catalog,
  type Interactions,
  type NumberColumn,
  type Report,
} from "@sequitur/core";
import type { Store } from "../connection/store.js";
import { pages } from "./cursor.js";
import { GrowingColumn } from "./growing-column.js";
import { readKeyedCatalog } from "./read-catalog.js";
import { instant } from "../instant.js";

export interface ReadOptions {
  /** Only what happened at or after this instant (ms). */
  readonly from?: number;
  /** Only what happened before this instant (ms). */
  readonly before?: number;
  /** Only these kinds. Default: all. */
  readonly kinds?: readonly string[];
  readonly report?: Report;
  readonly signal?: AbortSignal;
}

export interface LogOptions extends ReadOptions {
  /**
   * Kinds of feedback that count as interactions too, its value as their weight, where that is not 0, its user is known and
   * the log has no interaction of that kind of this user with this item within an hour of it. Default: none.
   */
  readonly feedback?: readonly string[];
}

interface Row {
  user_key: number;
  item_key: number;
  ms: number;
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
 * The log as core `Interactions` over the catalogue of every user and item, from one snapshot. Rows of one user at one
 * instant keep the order in which they were recorded. Streamed by a cursor: beside the columns one page is in memory.
 * A context column that no row fills is left out; where a row has no value it holds NaN, or 0 for integers.
 */
export async function readInteractions(store: Store, options: LogOptions = {}): Promise<Interactions> {
  const { signal, report } = options;
  return store.transaction(
    "read the interactions",
    async (db) => {
      const { catalog, userIndices, itemIndices } = await readKeyedCatalog(db, signal);
      const columns = emptyColumns();
      const kinds = new IdTableBuilder();
      const query = sql<Row>`
        select user_key, item_key, round(date_part('epoch', time) * 1000) as ms, kind, weight, position, session,
          latitude, longitude, utc_offset_minutes
        from ${logOf(options)} as log where ${filterOf(options)} order by time, seq`;
      for await (const page of pages(db, query, PAGE, signal)) {
        for (const row of page) pushRow(columns, row, kinds.add(row.kind), userIndices, itemIndices);
        report?.({ task: "read the interactions", done: columns.users.length, total: Number.NaN, unit: "rows" });
      }
      return finish({ ...catalog, kinds: kinds.table().ids }, columns);
    },
    { isolation: "repeatable read", bulk: true },
  );
}

/** The catalogue alone: every user and item, and what is known of the items. */
export async function readCatalog(store: Store, signal?: AbortSignal): Promise<Catalog> {
  return store.transaction("read the catalogue", async (db) => (await readKeyedCatalog(db, signal)).catalog, {
    isolation: "repeatable read",
    bulk: true,
  });
}

/** The log, and the feedback that counts as part of it, as a table. */
function logOf({ feedback = [] }: LogOptions): RawBuilder<unknown> {
  if (feedback.length === 0) return sql`interactions`;
  return sql`(
    select user_key, item_key, time, seq, kind, weight, position, session, latitude, longitude, utc_offset_minutes
    from interactions
    union all
    select user_key, item_key, feedback.time, null, feedback.kind, value::real, null, null, null, null, null
    from feedback join requests using (request_id)
    where user_key is not null and value <> 0 and feedback.kind = any(${feedback}::text[]) and not exists (
      select from interactions as same
      where same.user_key = requests.user_key and same.item_key = feedback.item_key
        and same.time between feedback.time - interval '1 hour' and feedback.time + interval '1 hour'
    )
  )`;
}

/** The rows that the options name, as a condition on `interactions`. */
export function filterOf({ from, before, kinds }: ReadOptions): RawBuilder<unknown> {
  const conditions = [
    ...(from === undefined ? [] : [sql`time >= ${instant(from)}`]),
    ...(before === undefined ? [] : [sql`time < ${instant(before)}`]),
    ...(kinds === undefined ? [] : [sql`kind = any(${kinds}::text[])`]),
  ];
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `);
}

function emptyColumns() {
  return {
    users: new GrowingColumn((length) => new Int32Array(length)),
    items: new GrowingColumn((length) => new Int32Array(length)),
    times: new GrowingColumn((length) => new Float64Array(length)),
    kind: new GrowingColumn((length) => new Int32Array(length)),
    weight: new GrowingColumn((length) => new Float32Array(length)),
    position: new GrowingColumn((length) => new Int32Array(length)),
    session: new GrowingColumn((length) => new Int32Array(length)),
    latitude: new GrowingColumn((length) => new Float64Array(length)),
    longitude: new GrowingColumn((length) => new Float64Array(length)),
    utcOffsetMinutes: new GrowingColumn((length) => new Int16Array(length)),
  };
}
type Columns = ReturnType<typeof emptyColumns>;

function pushRow(columns: Columns, row: Row, kind: number, users: Int32Array, items: Int32Array): void {
  columns.users.push(users[row.user_key]!);
  columns.items.push(items[row.item_key]!);
  columns.times.push(row.ms);
  columns.kind.push(kind);
  columns.weight.push(row.weight, Number.NaN);
  columns.position.push(row.position);
  columns.session.push(row.session);
  columns.latitude.push(row.latitude, Number.NaN);
  columns.longitude.push(row.longitude, Number.NaN);
  columns.utcOffsetMinutes.push(row.utc_offset_minutes);
}

function finish(catalog: Catalog, columns: Columns): Interactions {
  const { users, items, times, ...rest } = columns;
  const context: Record<string, NumberColumn> = {};
  for (const [name, column] of Object.entries(rest)) if (column.used) context[name] = column.finish();
  return interactionsFrom(catalog, {
    users: users.finish(),
    items: items.finish(),
    times: times.finish(),
    context,
  });
}
