import { sql, type Transaction } from "kysely";
import { PlatformError, PROPENSITY_KINDS, type PropensityKind } from "@sequitur/core";
import { IMPRESSION_COLUMNS, impressionColumns } from "./impression-columns.js";
import type { Store } from "../connection/store.js";
import { checkId } from "../events/event.js";
import { ensureKeys } from "../entities/keys.js";
import { recordAtOnce } from "./record-at-once.js";
import { jsonText } from "../json-text.js";
import type { Tables } from "../tables.js";

/** One item that was shown. */
export interface Impression {
  readonly itemId: string;
  /** 0-based place in the slate. */
  readonly position: number;
  /** Name of the policy that chose it. */
  readonly policy: string;
  /** `ModelVersion.versionId` of the scores; left out when none scored. */
  readonly modelVersion?: number;
  /** How the three numbers below are known; those that are not are left out. See `Slate` of core. */
  readonly propensityKind: PropensityKind;
  /** P(the policy shows this item at this position | query), in (0, 1]. */
  readonly propensity?: number;
  /** P(this item here | query, the items above it), in (0, 1]. */
  readonly conditional?: number;
  /** Standard error of the propensity, where it is estimated. */
  readonly standardError?: number;
  readonly score?: number;
}

/** One answer that was given. */
export interface RequestRecord {
  /** A UUID, chosen by whoever answers; recording it again changes nothing. */
  readonly requestId: string;
  /** Left out for an anonymous session. Made when not known yet; an erased one counts as anonymous. */
  readonly userId?: string;
  /** ms since the epoch, UTC. */
  readonly time: number;
  /** Which endpoint, such as "recommendations", "next-poi", "slates". */
  readonly kind: string;
  /** The experiment that the request was answered under. */
  readonly experiment?: AnsweredUnder;
  /** Whatever explains the answer later: session, filters, place. Erased with its user. */
  readonly context?: unknown;
  readonly impressions: readonly Impression[];
}

/** How an experiment answered a request. */
export interface AnsweredUnder {
  readonly experimentId: string;
  /** Left out where several arms answered together. */
  readonly arm?: string;
  /** False where the user does not keep the arm; else their exposure is logged. */
  readonly sticky?: boolean;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether an id can name a request. */
export function isRequestId(id: string): boolean {
  return UUID.test(id);
}

/**
 * Writes requests with all their impressions, and the exposures to experiments, each whole or not at all; resolves once
 * all are committed. Requests recorded before are left as they are. `bad-data` names a request that cannot be stored.
 */
export async function recordRequests(store: Store, requests: readonly RequestRecord[]): Promise<void> {
  const distinct = [...new Map(requests.map((request) => [request.requestId.toLowerCase(), request])).values()];
  for (const request of distinct) checkRequest(request);
  const plain = distinct.filter(({ experiment }) => experiment === undefined);
  const written = await recordAtOnce(store, plain);
  const rest = distinct.filter(({ requestId }) => !written.has(requestId.toLowerCase()));
  if (rest.length > 0) await recordThoroughly(store, rest);
}

/** Makes missing users and items, and logs exposures. */
async function recordThoroughly(store: Store, requests: readonly RequestRecord[]): Promise<void> {
  await store.transaction("record requests", async (db) => {
    const keys = await ensureKeys(
      db,
      requests.flatMap((request) => request.userId ?? []),
      requests.flatMap((request) => request.impressions.map((impression) => impression.itemId)),
    );
    const fresh = await insertRequests(db, requests, keys.users);
    const added = requests.filter((request) => fresh.has(request.requestId.toLowerCase()));
    await insertImpressions(db, added, keys.items);
    await logExposures(db, added, keys.users);
  });
}

async function insertRequests(
  db: Transaction<Tables>,
  requests: readonly RequestRecord[],
  users: ReadonlyMap<string, number>,
): Promise<Set<string>> {
  const { rows } = await sql<{ request_id: string }>`
    insert into requests (request_id, user_key, time, kind, experiment_id, arm, context)
    select request_id, user_key, to_timestamp(ms / 1000), kind, experiment_id, arm, context
    from unnest(
      ${requests.map((request) => request.requestId)}::uuid[],
      ${requests.map((request) => keyOf(request, users))}::integer[],
      ${requests.map((request) => request.time)}::double precision[], ${requests.map((request) => request.kind)}::text[],
      ${requests.map((request) => request.experiment?.experimentId ?? null)}::text[],
      ${requests.map((request) => request.experiment?.arm ?? null)}::text[],
      ${requests.map((request) => contextOf(request, users))}::jsonb[]
    ) as t (request_id, user_key, ms, kind, experiment_id, arm, context)
    order by request_id
    on conflict do nothing returning request_id
  `.execute(db);
  return new Set(rows.map((row) => row.request_id));
}

function keyOf({ userId }: RequestRecord, users: ReadonlyMap<string, number>): number | null {
  return userId === undefined ? null : (users.get(userId) ?? null);
}

/** The context goes with its user: a request of one who was erased has none. */
function contextOf(request: RequestRecord, users: ReadonlyMap<string, number>): string | null {
  const { userId, context } = request;
  if (context === undefined || (userId !== undefined && !users.has(userId))) return null;
  return jsonText(context);
}

async function insertImpressions(
  db: Transaction<Tables>,
  requests: readonly RequestRecord[],
  items: ReadonlyMap<string, number>,
): Promise<void> {
  const shown = requests.flatMap(({ requestId, impressions }) =>
    impressions.map((impression) => ({ requestId, ...impression })),
  );
  if (shown.length === 0) return;
  await sql`
    insert into impressions (${sql.raw(IMPRESSION_COLUMNS.map(([name]) => name).join(", "))})
    select * from unnest(${sql.join(
      impressionColumns(shown, items).map((column, at) => sql`${column}::${sql.raw(IMPRESSION_COLUMNS[at]![1])}[]`),
    )})
  `.execute(db);
}

/** A user is exposed when an answer made under their arm is recorded; the arm they have stays. */
async function logExposures(
  db: Transaction<Tables>,
  requests: readonly RequestRecord[],
  users: ReadonlyMap<string, number>,
): Promise<void> {
  const exposed = requests.filter(
    ({ experiment, userId }) =>
      experiment !== undefined && experiment.sticky !== false && userId !== undefined && users.has(userId),
  );
  if (exposed.length === 0) return;
  await sql`
    insert into assignments (experiment_id, user_key, arm, assigned_at, first_exposed_at, last_exposed_at, exposures)
    select experiment_id, user_key, (array_agg(arm order by ms))[1], to_timestamp(min(ms) / 1000),
      to_timestamp(min(ms) / 1000), to_timestamp(max(ms) / 1000), count(*)
    from unnest(
      ${exposed.map((request) => request.experiment!.experimentId)}::text[],
      ${exposed.map((request) => users.get(request.userId!)!)}::integer[],
      ${exposed.map((request) => request.experiment!.arm ?? null)}::text[],
      ${exposed.map((request) => request.time)}::double precision[]) as t (experiment_id, user_key, arm, ms)
    join arms using (experiment_id, arm)
    group by experiment_id, user_key order by experiment_id, user_key
    on conflict (experiment_id, user_key) do update set
      first_exposed_at = least(assignments.first_exposed_at, excluded.first_exposed_at),
      last_exposed_at = greatest(assignments.last_exposed_at, excluded.last_exposed_at),
      exposures = assignments.exposures + excluded.exposures
  `.execute(db);
}

function checkRequest(request: RequestRecord): void {
  if (!isRequestId(request.requestId)) {
    throw new PlatformError("bad-data", `requestId must be a UUID, got ${JSON.stringify(request.requestId)}.`);
  }
  if (request.userId !== undefined) checkId("userId", request.userId);
  checkId("kind", request.kind);
  const at = `request ${request.requestId}`;
  if (!(Math.abs(request.time) <= 1e14)) {
    throw new PlatformError("bad-data", `${at}: time must be an instant in ms, got ${request.time}.`);
  }
  const positions = new Set<number>();
  for (const impression of request.impressions) {
    const { itemId, position, policy, score } = impression;
    checkId("itemId", itemId);
    checkId("policy", policy);
    if (!(Number.isInteger(position) && position >= 0 && position <= 32_767) || positions.has(position)) {
      throw new PlatformError("bad-data", `${at}: positions must be distinct integers from 0, got ${position}.`);
    }
    positions.add(position);
    checkPropensity(impression, at);
    if (score !== undefined && !Number.isFinite(Math.fround(score))) {
      throw new PlatformError("bad-data", `${at}: score must be finite, got ${score}.`);
    }
  }
}

function checkPropensity(
  { propensityKind: kind, propensity, conditional, standardError }: Impression,
  at: string,
): void {
  for (const [name, value] of [
    ["propensity", propensity],
    ["conditional", conditional],
  ] as const) {
    if (value === undefined || (value > 0 && value <= 1)) continue;
    throw new PlatformError("bad-data", `${at}: ${name} must be in (0, 1] or left out, got ${value}.`);
  }
  if (standardError !== undefined && !(standardError >= 0)) {
    throw new PlatformError("bad-data", `${at}: standardError must be at least 0 or left out, got ${standardError}.`);
  }
  if (!PROPENSITY_KINDS.includes(kind)) {
    const expected = `propensityKind must be one of ${PROPENSITY_KINDS.join(", ")}`;
    throw new PlatformError("bad-data", `${at}: ${expected}, got ${kind}.`);
  }
  if (kind === "unknown" && (propensity ?? conditional ?? standardError) !== undefined) {
    throw new PlatformError("bad-data", `${at}: an unknown propensity must be left out, with all that belongs to it.`);
  }
}
