import { sql, type Transaction } from "kysely";
import type { Store } from "../connection/store.js";
import { instant } from "../instant.js";
import type { Tables } from "../tables.js";

/** A reaction as an outcome: an item that was chosen, or none. */
export interface Reaction {
  readonly requestId: string;
  readonly itemId?: string;
}

/**
 * Notes what came of slates, in the order given; the first outcome of a slate stands. The lock makes the order of the
 * numbers that of the commits, so that whoever has read up to one has read everything before it. Gives the requests
 * whose outcome is new.
 */
export async function noteOutcomes(
  db: Transaction<Tables>,
  reactions: readonly Reaction[],
): Promise<ReadonlySet<string>> {
  if (reactions.length === 0) return new Set();
  await sql`select pg_advisory_xact_lock(hashtext('sequitur.outcomes'))`.execute(db);
  const { rows } = await sql<{ request_id: string }>`
    insert into slate_outcomes (request_id, item_key)
    select request_id, item_key
    from unnest(
      ${reactions.map(({ requestId }) => requestId)}::uuid[], ${reactions.map(({ itemId }) => itemId ?? null)}::text[]
    ) with ordinality as t (request_id, item_id, place)
    join requests using (request_id) left join items using (item_id)
    where requests.kind = 'slates'
    order by place
    on conflict do nothing returning request_id`.execute(db);
  return new Set(rows.map(({ request_id }) => request_id));
}

/** What was shown, to whom after what, and what was chosen. */
export interface SlateOutcome {
  readonly seq: number;
  readonly userId?: string;
  /** As recorded with the request; gone when the user was erased. */
  readonly context?: unknown;
  /** Item ids by position. */
  readonly itemIds: readonly string[];
  /** The item that was chosen. */
  readonly chosen?: string;
}

interface Row {
  seq: number;
  user_id: string | null;
  context: unknown;
  item_ids: string[];
  chosen: string | null;
}

/** At most `limit` outcomes after one, in order. */
export async function readOutcomes(store: Store, after: number, limit: number): Promise<SlateOutcome[]> {
  const rows = await store.attempt("read outcomes of slates", async (db) => {
    const query = sql<Row>`
      select outcome_seq::double precision as seq, user_id, context, chosen.item_id as chosen, array(
          select item_id from impressions join items using (item_key)
          where impressions.request_id = slate_outcomes.request_id order by position
        ) as item_ids
      from slate_outcomes join requests using (request_id) left join users using (user_key)
      left join items as chosen on chosen.item_key = slate_outcomes.item_key
      where outcome_seq > ${after} order by outcome_seq limit ${limit}`;
    return (await query.execute(db)).rows;
  });
  return rows.map(({ seq, user_id, context, item_ids, chosen }) => ({
    seq,
    ...(user_id !== null && { userId: user_id }),
    ...(context !== null && { context }),
    itemIds: item_ids,
    ...(chosen !== null && { chosen }),
  }));
}

/** The number of the last outcome; 0 when there is none. */
export async function lastOutcome(store: Store): Promise<number> {
  return store.attempt("read the last outcome", async (db) => {
    const { rows } = await sql<{ last: number }>`
      select coalesce(max(outcome_seq), 0)::double precision as last from slate_outcomes`.execute(db);
    return rows[0]!.last;
  });
}

/** What a policy has learned, as bytes that its maker reads. */
export interface PolicyState {
  /** The last outcome that it learned from. */
  readonly learnedTo: number;
  readonly state: Uint8Array;
}

/** The saved state of a policy over a model version, or undefined. */
export async function readPolicyState(
  store: Store,
  versionId: number,
  policy: string,
): Promise<PolicyState | undefined> {
  return store.attempt("read the state of a policy", async (db) => {
    const { rows } = await sql<{ learned_to: number; state: Uint8Array }>`
      select learned_to::double precision as learned_to, state from policy_states
      where version_id = ${versionId} and policy = ${policy}`.execute(db);
    return rows[0] && { learnedTo: rows[0].learned_to, state: rows[0].state };
  });
}

/** Keeps what a policy has learned, unless another process has kept a later state of it. */
export async function savePolicyState(
  store: Store,
  versionId: number,
  policy: string,
  { learnedTo, state }: PolicyState,
): Promise<void> {
  await store.attempt("save the state of a policy", async (db) => {
    await sql`
      insert into policy_states (version_id, policy, learned_to, state, saved_at)
      values (${versionId}, ${policy}, ${learnedTo}, ${Buffer.from(state)}, ${instant(store.now())})
      on conflict (version_id, policy) do update set
        learned_to = excluded.learned_to, state = excluded.state, saved_at = excluded.saved_at
      where policy_states.learned_to < excluded.learned_to`.execute(db);
  });
}
