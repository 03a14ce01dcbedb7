import { sql } from "kysely";
import type { Store } from "../connection/store.js";
import type { UserOutcome } from "./assignments.js";

/** Answers, with this under `experiment` in their context, are counted by the session that asked. */
const SESSION = sql`requests.context -> 'experiment' ->> 'session'`;

/** One answered request of an experiment. */
export interface ExperimentRow {
  /** User or session; not named. */
  readonly unit: number;
  /** ms since the epoch, UTC. */
  readonly time: number;
  /** The arm that answered; null where several did. */
  readonly arm: string | null;
  /** Sum of the feedback of one kind. */
  readonly value: number;
  /** Feedback on items of the second arm less feedback on items of the first; 0 where answers are not mixed. */
  readonly credit: number;
  /** As recorded under `experiment` in the context. */
  readonly about: unknown;
}

/** The requests of an experiment, oldest first, with what came of them; those of erased users and of nobody left out. */
export async function experimentRows(store: Store, experimentId: string, kind: string): Promise<ExperimentRow[]> {
  const { rows } = await store.transaction(
    "read the requests of an experiment",
    (db) =>
      sql<ExperimentRow>`
        with answered as (
          select request_id, coalesce(${SESSION}, user_key::text) as unit, time, arm, context -> 'experiment' as about
          from requests where experiment_id = ${experimentId} and context is not null
        ), responses as (
          select request_id, sum(value) as value, sum(case (about -> 'teams' ->> impressions.position::integer)::integer
              when 1 then value when 0 then -value else 0 end) as credit
          from answered join feedback using (request_id) left join impressions using (request_id, item_key)
          where feedback.kind = ${kind} group by request_id
        )
        select (dense_rank() over (order by unit) - 1)::integer as unit, time, arm, about,
          coalesce(value, 0)::double precision as value, coalesce(credit, 0)::double precision as credit
        from answered left join responses using (request_id) where unit is not null order by time, request_id
      `.execute(db),
    { bulk: true },
  );
  return rows;
}

/** One entry a session that was answered under an experiment. Sessions have no past, and keep the arm they met first. */
export async function sessionOutcomes(store: Store, experimentId: string): Promise<UserOutcome[]> {
  const { rows } = await store.transaction(
    "read the outcomes of an experiment by session",
    (db) =>
      sql<UserOutcome>`
        with answered as (
          select request_id, ${SESSION} as session, time, arm,
            (select count(*) from impressions where impressions.request_id = requests.request_id) as impressions
          from requests where experiment_id = ${experimentId} and context is not null
        ), totals as (
          select session, (array_agg(arm order by time))[1] as arm, count(*)::integer as requests,
            sum(impressions)::integer as impressions
          from answered where session is not null group by session
        ), responses as (
          select session, kind, count(*) as count, sum(value) as sum
          from answered join feedback using (request_id) where session is not null group by session, kind
        ), by_session as (
          select session, jsonb_object_agg(kind, jsonb_build_object('count', count, 'sum', sum)) as feedback
          from responses group by session
        )
        select arm, requests, impressions, coalesce(feedback, '{}') as feedback, null as before, '{}'::jsonb as attributes
        from totals left join by_session using (session) order by session
      `.execute(db),
    { bulk: true },
  );
  return rows;
}

/** Rewards of one arm in one context. */
export interface ArmReward {
  readonly context: string;
  readonly arm: string;
  readonly count: number;
  /** Requests with the feedback. */
  readonly sum: number;
}

/** How many requests up to an instant had some feedback of a kind, by context and arm: what a bandit over arms learns from. */
export async function armRewards(
  store: Store,
  experimentId: string,
  { kind, until }: { readonly kind: string; readonly until: number },
): Promise<ArmReward[]> {
  return store.attempt("read the rewards of arms", async (db) => {
    const { rows } = await sql<ArmReward>`
      select coalesce(context -> 'experiment' ->> 'context', '') as context, arm, count(*)::double precision as count,
        (count(*) filter (where exists (
          select from feedback where feedback.request_id = requests.request_id and feedback.kind = ${kind} and value > 0
        )))::double precision as sum
      from requests
      where experiment_id = ${experimentId} and arm is not null and context is not null
        and time <= to_timestamp(${until / 1000}::double precision)
      group by 1, 2 order by 1, 2`.execute(db);
    return rows;
  });
}
