import { PlatformError } from "@sequitur/core";
import { sql, type Transaction } from "kysely";
import { pages } from "../events/cursor.js";
import type { Store } from "../connection/store.js";
import { instant } from "../instant.js";
import type { Tables } from "../tables.js";
import type { Impression, RequestRecord } from "./requests.js";

/** An item that was shown, and what came of it. */
export interface ShownItem extends Impression {
  /** In the order of their instants; [] when nobody reacted. */
  readonly feedback: readonly { readonly kind: string; readonly value: number; readonly time: number }[];
}

/** An answer as it was recorded. `userId` and `context` are gone when the user was erased. */
export interface ShownSlate extends Omit<RequestRecord, "impressions"> {
  /** By position. */
  readonly impressions: readonly ShownItem[];
}

export interface SlateOptions {
  /** Only what was asked at or after this instant (ms). */
  readonly from?: number;
  /** Only what was asked before this instant (ms). */
  readonly before?: number;
  /** Only of these endpoints, such as "slates". Default: all. */
  readonly kinds?: readonly string[];
  readonly signal?: AbortSignal;
}

interface Row {
  request_id: string;
  user_id: string | null;
  ms: number;
  kind: string;
  experiment_id: string | null;
  arm: string | null;
  context: unknown;
  impressions: ShownItem[];
}

const PAGE = 2_000;

/**
 * Everything that was shown, with its propensities and the reactions to it, in the order of time and from one snapshot:
 * what off-policy estimates and slate models learn from. Answers that showed nothing are left out.
 */
export async function readSlates(store: Store, options: SlateOptions = {}): Promise<ShownSlate[]> {
  return store.transaction(
    "read what was shown",
    async (db) => {
      const slates: ShownSlate[] = [];
      for await (const page of slatePages(db, options)) for (const row of page) slates.push(slateOf(row));
      return slates;
    },
    SNAPSHOT,
  );
}

/**
 * What `readSlates` gives, slate by slate: memory holds one page. A connection that is lost on the way is `unavailable`,
 * since slates that were handed out cannot be taken back.
 */
export async function eachSlate(
  store: Store,
  options: SlateOptions,
  onSlate: (slate: ShownSlate) => void,
): Promise<void> {
  let began = false;
  await store.transaction(
    "read what was shown",
    async (db) => {
      if (began)
        throw new PlatformError("unavailable", "the database went away while slates were read; read them again.");
      for await (const page of slatePages(db, options)) {
        began = true;
        for (const row of page) onSlate(slateOf(row));
      }
    },
    SNAPSHOT,
  );
}

const SNAPSHOT = { isolation: "repeatable read", bulk: true } as const;

function slatePages(
  db: Transaction<Tables>,
  { from, before, kinds, signal }: SlateOptions,
): AsyncGenerator<Row[], void> {
  const query = sql<Row>`
    select request_id, user_id, round(date_part('epoch', time) * 1000) as ms, kind, experiment_id, arm, context,
      shown.impressions
    from requests left join users using (user_key) cross join lateral (
      select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
          'itemId', item_id, 'position', position, 'policy', policy, 'modelVersion', model_version,
          'propensityKind', propensity_kind, 'propensity', propensity, 'conditional', conditional,
          'standardError', standard_error, 'score', score,
          'feedback', coalesce((
            select jsonb_agg(jsonb_build_object(
              'kind', feedback.kind, 'value', value, 'time', round(date_part('epoch', feedback.time) * 1000)
            ) order by feedback.time, feedback_id)
            from feedback
            where feedback.request_id = requests.request_id and feedback.item_key = impressions.item_key), '[]')
        )) order by position) as impressions
      from impressions join items using (item_key) where impressions.request_id = requests.request_id
    ) as shown
    where shown.impressions is not null
      ${from === undefined ? sql`` : sql`and time >= ${instant(from)}`}
      ${before === undefined ? sql`` : sql`and time < ${instant(before)}`}
      ${kinds === undefined ? sql`` : sql`and kind = any(${kinds}::text[])`}
    order by time, request_id`;
  return pages(db, query, PAGE, signal);
}

function slateOf(row: Row): ShownSlate {
  return {
    requestId: row.request_id,
    ...(row.user_id !== null && { userId: row.user_id }),
    time: row.ms,
    kind: row.kind,
    ...(row.experiment_id !== null && {
      experiment: { experimentId: row.experiment_id, ...(row.arm !== null && { arm: row.arm }) },
    }),
    ...(row.context !== null && { context: row.context }),
    impressions: row.impressions,
  };
}
