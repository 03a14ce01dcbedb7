import { sql } from "kysely";
import { PlatformError } from "@sequitur/core";
import type { Store } from "../connection/store.js";
import { instant } from "../instant.js";
import { defaultValue, isKept, type FeatureValueOf, type FeatureView, type LastEntry } from "./feature-view.js";

/** fresh: refreshed within its TTL; stale: longer ago; missing: nothing is known, the value is the default. */
export type FeatureStatus = "fresh" | "stale" | "missing";

/** One feature of one entity, as served. */
export interface FeatureReading<Value = number | null | Readonly<Record<string, number>> | readonly LastEntry[]> {
  readonly value: Value;
  readonly status: FeatureStatus;
  /** The value counts what happened before this instant (ms); absent when it was never refreshed. */
  readonly asOf?: number;
}

/** Feature name -> reading, typed by the views asked for. */
export type FeatureRow<Views extends readonly FeatureView[]> = {
  readonly [View in Views[number] as View["name"]]: FeatureReading<FeatureValueOf<View>>;
};

interface Row {
  row: number;
  name: string;
  refreshed_to: number | null;
  /** part -> value. */
  parts: Record<string, number> | null;
  list: LastEntry[] | null;
}

/** The whole feature row of a user, in one round trip. A user who is not known has defaults. */
export async function readUserFeatures<const Views extends readonly FeatureView[]>(
  store: Store,
  views: Views,
  userId: string,
): Promise<FeatureRow<Views>> {
  const [row] = await readRows(store, views, "user", [userId]);
  return row as FeatureRow<Views>;
}

/** The feature rows of items, in the order asked, in one round trip. */
export async function readItemFeatures<const Views extends readonly FeatureView[]>(
  store: Store,
  views: Views,
  itemIds: readonly string[],
): Promise<FeatureRow<Views>[]> {
  return (await readRows(store, views, "item", itemIds)) as FeatureRow<Views>[];
}

async function readRows(
  store: Store,
  views: readonly FeatureView[],
  entity: "user" | "item",
  ids: readonly string[],
): Promise<Record<string, FeatureReading>[]> {
  const other = views.find((view) => !view.entity.startsWith(entity));
  if (other !== undefined) {
    throw new PlatformError("bad-config", `expected features of ${entity}s, got ${other.name} of ${other.entity}.`);
  }
  const now = store.now();
  const rows = await queryRows(store, views, entity, ids);
  const readings: Record<string, FeatureReading>[] = ids.map(() => ({}));
  for (const row of rows) {
    const view = views.find(({ name }) => name === row.name)!;
    readings[row.row]![row.name] = isKept(view) ? keptReading(view, row, now) : liveReading(row, now);
  }
  return readings;
}

async function queryRows(
  store: Store,
  views: readonly FeatureView[],
  entity: "user" | "item",
  ids: readonly string[],
): Promise<Row[]> {
  const kept = views.filter(isKept).map((view) => view.name);
  const key = sql.ref(`${entity}_key`);
  const live = views.filter((view) => !isKept(view)).map((view) => lastRows(view, store.now()));
  const result = await store.attempt("read features", (db) =>
    sql<Row>`
      with asked as (
        select (ordinal - 1)::integer as row, ${key} as key
        from unnest(${ids}::text[]) with ordinality as t (id, ordinal)
        left join ${sql.table(`${entity}s`)} on ${sql.ref(`${entity}_id`)} = t.id
      )
      select row, wanted.name, refreshed_to, (
          select jsonb_object_agg(part, value) from feature_values
          where feature_values.feature_id = definitions.feature_id and entity_key = key
        ) as parts, null::jsonb as list
      from asked cross join unnest(${kept}::text[]) as wanted (name)
      left join feature_definitions as definitions using (name)
      ${live.length === 0 ? sql`` : sql`union all ${sql.join(live, sql` union all `)}`}
    `.execute(db),
  );
  return result.rows;
}

/** The last interactions come from the log itself: nothing is fresher. */
function lastRows(view: FeatureView, now: number) {
  const n = view.aggregation.kind === "last" ? view.aggregation.n : 0;
  const since =
    view.windowDays === undefined ? sql`` : sql`and time >= ${instant(now)} - ${view.windowDays} * interval '1 day'`;
  const kinds = view.kinds === undefined ? sql`` : sql`and kind = any(${view.kinds}::text[])`;
  return sql`
    select row, ${view.name}::text, null::timestamptz, null::jsonb, (
        select jsonb_agg(jsonb_build_object('itemId', item_id, 'kind', kind,
          'time', round(date_part('epoch', time) * 1000)) order by time, seq)
        from (
          select item_key, kind, time, seq from interactions
          where user_key = key ${kinds} ${since} order by time desc, seq desc limit ${n}
        ) as recent join items using (item_key))
    from asked`;
}

function keptReading(view: FeatureView, row: Row, now: number): FeatureReading {
  const parts = row.parts ?? {};
  const value = view.entity.includes("-") ? parts : (parts[""] ?? defaultValue(view));
  if (row.refreshed_to === null) return { value, status: "missing" };
  const asOf = row.refreshed_to;
  if (row.parts === null) return { value, status: "missing", asOf };
  return { value, status: now - asOf <= view.ttlMs ? "fresh" : "stale", asOf };
}

function liveReading(row: Row, now: number): FeatureReading {
  return { value: row.list ?? [], status: row.list === null ? "missing" : "fresh", asOf: now };
}

/** How up to date one feature is. */
export interface Freshness {
  readonly name: string;
  readonly entity: string;
  readonly status: FeatureStatus;
  /** Newest refresh, ms since the epoch; absent when there was none. */
  readonly refreshedTo?: number;
  /** Age of that, ms. */
  readonly ageMs?: number;
  readonly ttlMs: number;
  /** How many values and how many changes are kept. */
  readonly values: number;
  readonly changes: number;
}

/** One line a view: what a monitor shows and alarms on. */
export async function featureFreshness(store: Store, views: readonly FeatureView[]): Promise<Freshness[]> {
  const kept = views.filter(isKept);
  const { rows } = await store.attempt("read the freshness", (db) =>
    sql<{ name: string; refreshed_to: number | null; values: number; changes: number }>`
      select name, refreshed_to,
        (select count(*) from feature_values where feature_values.feature_id = d.feature_id) as values,
        (select count(*) from feature_changes where feature_changes.feature_id = d.feature_id) as changes
      from feature_definitions as d where name = any(${kept.map((view) => view.name)}::text[])
    `.execute(db),
  );
  const now = store.now();
  return kept.map(({ name, entity, ttlMs }) => {
    const row = rows.find((row) => row.name === name);
    const counts = { values: row?.values ?? 0, changes: row?.changes ?? 0 };
    const refreshedTo = row?.refreshed_to ?? undefined;
    if (refreshedTo === undefined) return { name, entity, ttlMs, status: "missing", ...counts };
    const ageMs = now - refreshedTo;
    return { name, entity, ttlMs, status: ageMs <= ttlMs ? "fresh" : "stale", refreshedTo, ageMs, ...counts };
  });
}
