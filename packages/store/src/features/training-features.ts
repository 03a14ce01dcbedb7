import { sql, type RawBuilder, type Transaction } from "kysely";
import { PlatformError, throwIfCancelled, type Report } from "@sequitur/core";
import type { Store } from "../connection/store.js";
import type { Tables } from "../tables.js";
import { isKept, type FeatureView, type LastEntry } from "./feature-view.js";

/** Who met which item when: what a model is to learn from the features of that moment. */
export interface Label {
  readonly userId: string;
  readonly itemId: string;
  /** ms since the epoch, UTC. */
  readonly time: number;
  /** Minutes east of UTC on the user's clock; names the hour or month of the item's value. Default 0. */
  readonly utcOffsetMinutes?: number;
}

/** One view's values for the labels, in their order. */
export interface TrainingColumn {
  /** (labels) NaN where there is none. For user-category: of the item's most specific category. */
  readonly values: Float64Array;
  /** (labels) the instant (ms) that the value counts up to, not after the label; NaN before the first refresh. */
  readonly asOf: Float64Array;
  /** (labels) 1 where the value was older than its TTL at the label's time: served as stale. */
  readonly stale: Uint8Array;
}

export interface TrainingRead {
  readonly columns: ReadonlyMap<string, TrainingColumn>;
  /** Views of the last interactions: what each label's user had done before it, oldest first. */
  readonly sequences: ReadonlyMap<string, readonly (readonly LastEntry[])[]>;
}

const BATCH = 5_000;

/**
 * The features as they were known at each label's time: of every view the value of its newest refresh that is not after
 * the label, which counts only what happened before that refresh. Nothing of the label's moment or later can leak in.
 */
export async function trainingFeatures(
  store: Store,
  views: readonly FeatureView[],
  labels: readonly Label[],
  options: { readonly report?: Report; readonly signal?: AbortSignal } = {},
): Promise<TrainingRead> {
  for (const [row, { time }] of labels.entries()) {
    if (!Number.isFinite(time)) throw new PlatformError("bad-data", `label ${row}: time must be finite, got ${time}.`);
  }
  const columns = new Map(views.filter(isKept).map((view) => [view.name, emptyColumn(labels.length)]));
  const live = views.filter((view) => !isKept(view));
  const sequences = new Map(live.map((view) => [view.name, labels.map((): LastEntry[] => [])]));
  const read = async (db: Transaction<Tables>): Promise<void> => {
    for (let from = 0; from < labels.length; from += BATCH) {
      throwIfCancelled(options.signal);
      const batch = labels.slice(from, from + BATCH);
      for (const view of views) {
        const column = columns.get(view.name);
        if (column === undefined) await readSequences(db, view, batch, from, sequences.get(view.name)!);
        else await readColumn(db, view, batch, from, column);
      }
      const done = from + batch.length;
      options.report?.({ task: "read training features", done, total: labels.length, unit: "labels" });
    }
  };
  await store.transaction("read training features", read, { isolation: "repeatable read", bulk: true });
  return { columns, sequences };
}

function emptyColumn(size: number): TrainingColumn {
  return {
    values: new Float64Array(size).fill(Number.NaN),
    asOf: new Float64Array(size).fill(Number.NaN),
    stale: new Uint8Array(size),
  };
}

function labelRows(labels: readonly Label[]): RawBuilder<unknown> {
  return sql`
    select (ordinal - 1)::integer as row, users.user_key, items.item_key, items.categories,
      to_timestamp(ms / 1000) as at,
      to_timestamp(ms / 1000) at time zone 'UTC' + utc_offset * interval '1 minute' as local
    from unnest(
      ${labels.map((label) => label.userId)}::text[], ${labels.map((label) => label.itemId)}::text[],
      ${labels.map((label) => label.time)}::double precision[],
      ${labels.map((label) => label.utcOffsetMinutes ?? 0)}::smallint[]
    ) with ordinality as t (user_id, item_id, ms, utc_offset, ordinal)
    left join users using (user_id) left join items using (item_id)`;
}

const partOf: Record<FeatureView["entity"], RawBuilder<string>> = {
  user: sql`''`,
  item: sql`''`,
  "user-category": sql`categories[cardinality(categories)]`,
  "item-hour": sql`extract(hour from local)::integer::text`,
  "item-month": sql`extract(month from local)::integer::text`,
};

async function readColumn(
  db: Transaction<Tables>,
  view: FeatureView,
  labels: readonly Label[],
  first: number,
  column: TrainingColumn,
): Promise<void> {
  const key = sql.ref(view.entity.startsWith("user") ? "user_key" : "item_key");
  const { rows } = await sql<{ row: number; value: number | null; as_of: number }>`
    with labels as (${labelRows(labels)})
    select row, (
        select value from feature_changes as c
        where c.feature_id = d.feature_id and c.entity_key = ${key} and c.part = ${partOf[view.entity]}
          and c.as_of <= refresh.as_of
        order by c.as_of desc limit 1
      ) as value, round(date_part('epoch', refresh.as_of) * 1000) as as_of
    from labels join feature_definitions as d on d.name = ${view.name}
    cross join lateral (
      select as_of from feature_refreshes as r
      where r.feature_id = d.feature_id and r.as_of <= at order by r.as_of desc limit 1
    ) as refresh
  `.execute(db);
  for (const { row, value, as_of } of rows) {
    column.values[first + row] = value ?? Number.NaN;
    column.asOf[first + row] = as_of;
    column.stale[first + row] = labels[row]!.time - as_of > view.ttlMs ? 1 : 0;
  }
}

async function readSequences(
  db: Transaction<Tables>,
  view: FeatureView,
  labels: readonly Label[],
  first: number,
  sequences: LastEntry[][],
): Promise<void> {
  const n = view.aggregation.kind === "last" ? view.aggregation.n : 0;
  const since = view.windowDays === undefined ? sql`` : sql`and time >= at - ${view.windowDays} * interval '1 day'`;
  const kinds = view.kinds === undefined ? sql`` : sql`and kind = any(${view.kinds}::text[])`;
  const { rows } = await sql<{ row: number; item_id: string; ms: number; kind: string }>`
    with labels as (${labelRows(labels)})
    select row, item_id, ms, kind from labels
    cross join lateral (
      select item_key, kind, seq, round(date_part('epoch', time) * 1000) as ms from interactions
      where interactions.user_key = labels.user_key and time < at ${kinds} ${since}
      order by time desc, seq desc limit ${n}
    ) as recent
    join items on items.item_key = recent.item_key
    order by row, ms, seq
  `.execute(db);
  for (const { row, item_id, ms, kind } of rows) sequences[first + row]!.push({ itemId: item_id, time: ms, kind });
}
