import type { Store } from "../connection/store.js";
import { itemKeysOf } from "../entities/item-keys.js";
import { jsonText } from "../json-text.js";
import { IMPRESSION_COLUMNS, impressionColumns } from "./impression-columns.js";
import type { RequestRecord } from "./requests.js";

const NAMES = IMPRESSION_COLUMNS.map(([name]) => name).join(", ");

/**
 * One statement for all requests and impressions: the users that are there are held against erasure, and a request whose
 * user is not, or that was recorded before, is left out with its impressions.
 */
const INSERT = `
  with known as (
    select user_key, user_id from users
    where user_id = any(array(select distinct id from unnest($2::text[]) as t (id) where id is not null))
    order by user_key for key share
  ), fresh as (
    insert into requests (request_id, user_key, time, kind, context)
    select request_id, user_key, to_timestamp(ms / 1000), kind, context
    from unnest($1::uuid[], $2::text[], $3::double precision[], $4::text[], $5::jsonb[])
      as t (request_id, user_id, ms, kind, context) left join known using (user_id)
    where user_id is null or user_key is not null
    order by request_id
    on conflict do nothing returning request_id
  ), shown as (
    insert into impressions (${NAMES})
    select t.*
    from unnest(${IMPRESSION_COLUMNS.map(([, type], at) => `$${at + 6}::${type}[]`).join(", ")})
      as t (${NAMES}) join fresh using (request_id)
  )
  select request_id from fresh`;

/** Records what needs no new user or item; gives the ids, in lower case, of the requests that were new and are written. */
export async function recordAtOnce(store: Store, requests: readonly RequestRecord[]): Promise<ReadonlySet<string>> {
  const keys = await itemKeysOf(
    store,
    requests.flatMap(({ impressions }) => impressions.map(({ itemId }) => itemId)),
  );
  const ready = requests.filter(({ impressions }) => impressions.every(({ itemId }) => keys.has(itemId)));
  if (ready.length === 0) return new Set();
  const shown = ready.flatMap(({ requestId, impressions }) => impressions.map((item) => ({ requestId, ...item })));
  const values = [
    ready.map(({ requestId }) => requestId),
    ready.map(({ userId }) => userId ?? null),
    ready.map(({ time }) => time),
    ready.map(({ kind }) => kind),
    ready.map(({ context }) => (context === undefined ? null : jsonText(context))),
    ...impressionColumns(shown, keys),
  ];
  const rows = await store.prepared<{ request_id: string }>("record requests", {
    name: "record-requests",
    text: INSERT,
    values,
  });
  return new Set(rows.map(({ request_id }) => request_id));
}
