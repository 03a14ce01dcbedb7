import { sql, type Transaction } from "kysely";
import { PlatformError, throwIfCancelled, type Report } from "@sequitur/core";
import type { Store } from "../connection/store.js";
import { settledSeq } from "../events/log-lock.js";
import { instant } from "../instant.js";
import type { Tables } from "../tables.js";
import { changedKeys, valuesAsOf } from "./feature-sql.js";
import { isKept, type FeatureView } from "./feature-view.js";

export interface RefreshOptions {
  /** Values count what happened before this instant (ms). Default: the store's clock. */
  readonly asOf?: number;
  readonly report?: Report;
  readonly signal?: AbortSignal;
}

/** What one refresh did. */
export interface Refresh {
  readonly name: string;
  /** ms since the epoch, UTC. */
  readonly asOf: number;
  /** Values that are new, other, or gone. */
  readonly changes: number;
}

/**
 * Makes the views known to the database; the same definition again changes nothing. Another definition under a known
 * name drops the values that it had, since they mean something else.
 */
export async function registerFeatures(store: Store, views: readonly FeatureView[]): Promise<void> {
  const kept = views.filter(isKept);
  await store.transaction("register features", async (db) => {
    await sql`select pg_advisory_xact_lock(hashtext('sequitur.features'))`.execute(db);
    for (const view of kept) {
      // Freshness is the reader's business: a longer life does not change a value.
      const definition = JSON.stringify({ ...view, ttlMs: undefined });
      await sql`
        delete from feature_definitions where name = ${view.name} and definition <> ${definition}::jsonb
      `.execute(db);
      await sql`
        insert into feature_definitions (name, entity, definition)
        values (${view.name}, ${view.entity}, ${definition}::jsonb) on conflict (name) do nothing
      `.execute(db);
    }
  });
}

/**
 * Brings every view up to an instant: recomputes only what may have changed since its last refresh, writes what
 * differs, each view in a transaction of its own. Late interactions count from the next refresh on, as they did for
 * whoever was served meanwhile. `bad-data` when a view was refreshed to a later instant already.
 */
export async function refreshFeatures(
  store: Store,
  views: readonly FeatureView[],
  options: RefreshOptions = {},
): Promise<Refresh[]> {
  await registerFeatures(store, views);
  const refreshes = await refreshRegistered(store, views, options);
  await forgetSeenMarks(store);
  return refreshes;
}

/** The same for views that are registered already. */
export async function refreshRegistered(
  store: Store,
  views: readonly FeatureView[],
  options: RefreshOptions,
): Promise<Refresh[]> {
  const { asOf = store.now(), report, signal } = options;
  const kept = views.filter(isKept);
  const refreshes: Refresh[] = [];
  // Taken before any view is read, so that what comes meanwhile is looked at again next time.
  const seq = await store.transaction("settle the log", (db) => settledSeq(db));
  for (const [index, view] of kept.entries()) {
    throwIfCancelled(signal);
    const changes = await store.transaction(`refresh ${view.name}`, (db) => refreshOne(db, view, asOf, seq), {
      bulk: true,
    });
    refreshes.push({ name: view.name, asOf, changes });
    report?.({ task: "refresh features", done: index + 1, total: kept.length, unit: "views", values: { changes } });
  }
  return refreshes;
}

async function refreshOne(db: Transaction<Tables>, view: FeatureView, asOf: number, seq: number): Promise<number> {
  const definition = await db
    .selectFrom("feature_definitions")
    .select(["feature_id", "refreshed_to", "seen_seq"])
    .where("name", "=", view.name)
    .forUpdate()
    .executeTakeFirst();
  if (definition === undefined) throw new PlatformError("not-found", `feature ${view.name} is not registered.`);
  const { feature_id: id, refreshed_to: from, seen_seq: seenSeq } = definition;
  if (from !== null && from > asOf) {
    throw new PlatformError("bad-data", `feature ${view.name} was refreshed to ${from} already, got ${asOf}.`);
  }
  const changed = from === null ? undefined : changedKeys(view, from, asOf, seenSeq ?? 0);
  const changes = await writeChanges(db, id, view, asOf, changed !== undefined, changed);
  await sql`
    insert into feature_refreshes (feature_id, as_of) values (${id}, ${instant(asOf)}) on conflict do nothing
  `.execute(db);
  await sql`
    update feature_definitions set refreshed_to = ${instant(asOf)}, seen_seq = ${seq} where feature_id = ${id}
  `.execute(db);
  return changes;
}

async function writeChanges(
  db: Transaction<Tables>,
  id: number,
  view: FeatureView,
  asOf: number,
  partial: boolean,
  changed: ReturnType<typeof changedKeys> | undefined,
): Promise<number> {
  const some = partial ? sql`select entity_key from changed` : undefined;
  const { rows } = await sql<{ changes: number }>`
    with changed as materialized (${changed ?? sql`select null::integer as entity_key`}),
    fresh as (${valuesAsOf(view, asOf, some)}),
    old as (
      select entity_key, part, value from feature_values
      where feature_id = ${id} ${some === undefined ? sql`` : sql`and entity_key in (${some})`}
    ), diff as materialized (
      select entity_key, part, fresh.value
      from fresh full join old using (entity_key, part) where fresh.value is distinct from old.value
    ), logged as (
      insert into feature_changes (feature_id, entity_key, part, as_of, value)
      select ${id}, entity_key, part, ${instant(asOf)}, value from diff
      on conflict (feature_id, entity_key, part, as_of) do update set value = excluded.value
    ), gone as (
      delete from feature_values using diff
      where feature_id = ${id} and feature_values.entity_key = diff.entity_key and feature_values.part = diff.part
        and diff.value is null
    ), written as (
      insert into feature_values (feature_id, entity_key, part, value, as_of)
      select ${id}, entity_key, part, value, ${instant(asOf)} from diff where value is not null
      on conflict (feature_id, entity_key, part) do update set value = excluded.value, as_of = excluded.as_of
    )
    select count(*) as changes from diff
  `.execute(db);
  return rows[0]!.changes;
}

/** Marks that every feature has seen are of no more use. */
async function forgetSeenMarks(store: Store): Promise<void> {
  await store.attempt("forget marks", (db) =>
    sql`
      with seen as (select coalesce(min(coalesce(seen_seq, 0)), 0) as seq from feature_definitions),
        items as (delete from feature_dirty_items where seq <= (select seq from seen))
      delete from feature_dirty_users where seq <= (select seq from seen)
    `.execute(db),
  );
}
