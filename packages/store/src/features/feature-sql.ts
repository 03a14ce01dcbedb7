import { DAY_MS } from "@sequitur/core";
import { sql, type RawBuilder } from "kysely";
import { instant } from "../instant.js";
import type { FeatureView } from "./feature-view.js";

/** The column of the log that holds the key of the view's entity. */
export function keyColumn(view: FeatureView): RawBuilder<number> {
  return sql.ref<number>(view.entity.startsWith("user") ? "user_key" : "item_key");
}

function kindFilter({ kinds }: FeatureView): RawBuilder<unknown> {
  return kinds === undefined ? sql`true` : sql`kind = any(${kinds}::text[])`;
}

/**
 * The keys whose value may differ between two instants: interactions came (in between, or late for the past), left the
 * window, went from recent to past, or the past itself was changed.
 */
export function changedKeys(view: FeatureView, from: number, to: number, seenSeq: number): RawBuilder<unknown> {
  const borders = [0];
  if (view.windowDays !== undefined) borders.push(view.windowDays * DAY_MS);
  if (view.aggregation.kind === "popularity") borders.push(view.aggregation.recentDays * DAY_MS);
  const key = keyColumn(view);
  const crossed = borders.map(
    (age) => sql`select ${key} as entity_key from interactions
    where ${kindFilter(view)} and time >= ${instant(from - age)} and time < ${instant(to - age)}`,
  );
  const late = sql`select ${key} from interactions where ${kindFilter(view)} and seq > ${seenSeq}::bigint and time < ${instant(from)}`;
  const dirty = sql`select ${key} from interactions
    where item_key in (select item_key from feature_dirty_items where seq > ${seenSeq}::bigint)`;
  // Who has no interaction left may have a value that must go.
  const emptied = view.entity.startsWith("item")
    ? sql`select item_key from feature_dirty_items where seq > ${seenSeq}::bigint`
    : sql`select user_key from feature_dirty_users where seq > ${seenSeq}::bigint`;
  return sql.join([...crossed, late, dirty, emptied], sql` union `);
}

/** (entity_key, part, value) as of an instant, from the interactions before it; of the keys in `changed` when named. */
export function valuesAsOf(view: FeatureView, asOf: number, changed?: RawBuilder<unknown>): RawBuilder<unknown> {
  const { windowDays } = view;
  const filters = [kindFilter(view), sql`time < ${instant(asOf)}`];
  if (windowDays !== undefined) filters.push(sql`time >= ${instant(asOf - windowDays * DAY_MS)}`);
  if (changed !== undefined) filters.push(sql`${keyColumn(view)} in (${changed})`);
  return sql`
    with log as materialized (
      select ${keyColumn(view)} as entity_key, user_key, item_key, time, kind, ${localTime} as local
      from interactions where ${sql.join(filters, sql` and `)}
    ), parted as (${partedRows(view)}),
    totals as (select entity_key, count(*) as total from log group by entity_key)
    select entity_key, part, (${aggregate(view, asOf)})::double precision as value
    from parted join totals using (entity_key) group by entity_key, part`;
}

const localTime = sql`time at time zone 'UTC' + coalesce(utc_offset_minutes, 0) * interval '1 minute'`;

function partedRows({ entity }: FeatureView): RawBuilder<unknown> {
  if (entity === "item-hour") return sql`select log.*, extract(hour from local)::integer::text as part from log`;
  if (entity === "item-month") return sql`select log.*, extract(month from local)::integer::text as part from log`;
  if (entity === "user-category") {
    return sql`select log.*, part from log join items using (item_key)
      cross join lateral (select distinct category from unnest(categories) as c (category)) as own (part)`;
  }
  return sql`select log.*, '' as part from log`;
}

function aggregate(view: FeatureView, asOf: number): RawBuilder<number> {
  const { aggregation, windowDays } = view;
  const other = sql.ref(view.entity.startsWith("user") ? "item_key" : "user_key");
  switch (aggregation.kind) {
    case "count":
      return sql`count(*)`;
    case "per-day":
      return sql`count(*) / ${windowDays!}::double precision`;
    case "distinct":
      return sql`count(distinct ${other})`;
    case "share":
      return sql`count(*)::double precision / max(total)`;
    case "ratio": {
      const { numerator, priorMean, priorWeight } = aggregation;
      const success = sql`count(*) filter (where kind = any(${numerator}::text[]))`;
      return sql`(${success} + ${priorWeight * priorMean}::double precision) / (count(*) + ${priorWeight}::double precision)`;
    }
    case "popularity": {
      const { alpha, beta, recentDays } = aggregation;
      const recent = sql`time >= ${instant(asOf - recentDays * DAY_MS)}`;
      const weigh = (filter: RawBuilder<unknown>): RawBuilder<number> =>
        sql`(${alpha}::double precision * count(distinct user_key) filter (where ${filter})
          + ${1 - alpha}::double precision * count(*) filter (where ${filter}))`;
      return sql`${beta}::double precision * ${weigh(recent)}
        + ${1 - beta}::double precision * ${weigh(sql`not (${recent})`)}`;
    }
    case "last":
      return sql`null`;
  }
}
