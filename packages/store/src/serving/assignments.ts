import { sql } from "kysely";
import { createHash } from "node:crypto";
import type { Store } from "../connection/store.js";
import { instant } from "../instant.js";
import type { Arm, Experiment } from "./experiments.js";

/**
 * The arm that the hash gives a user (or an anonymous session): SHA-256 of salt and id as a number in [0, 1), cut by
 * the arms' weights in order. The same everywhere, without asking the database.
 */
export function hashArm(experiment: Pick<Experiment, "salt" | "arms">, id: string): Arm {
  const share = shareOf([experiment.salt, id]);
  const total = experiment.arms.reduce((sum, { weight }) => sum + weight, 0);
  let end = 0;
  for (const arm of experiment.arms) {
    end += arm.weight / total;
    if (share < end) return arm;
  }
  return experiment.arms.at(-1)!;
}

/** Who takes part in an experiment. */
export interface Participation {
  /** Share of the users who do, in (0, 1]; of those outside the holdout. */
  readonly traffic: number;
  /** Share of the users who take part in no experiment, in [0, 1). */
  readonly holdout: number;
  /** Experiments of one group draw their users from one order, each from its own place on: nobody is in two. */
  readonly group?: string | undefined;
  /** Where in that order it begins, in [0, 1 - traffic]. */
  readonly from?: number | undefined;
}

/**
 * Whether a user (or an anonymous session) takes part, by hashes that are independent of the arm and of each other: more
 * traffic adds users and moves none, and the holdout is the same for every experiment.
 */
export function takesPart(
  { salt }: Pick<Experiment, "salt">,
  id: string,
  { traffic, holdout, group, from = 0 }: Participation,
): boolean {
  if (shareOf(["holdout", "users", id]) < holdout) return false;
  const place = shareOf(group === undefined ? [salt, "traffic", id] : ["group", group, id]);
  return place >= from && place < from + traffic;
}

/** SHA-256 of texts as a number in [0, 1). */
function shareOf(texts: readonly string[]): number {
  return createHash("sha256").update(JSON.stringify(texts)).digest().readUIntBE(0, 6) / 2 ** 48;
}

/**
 * The arm of a user, by hash the first time and the same ever after, even when the weights change or the hash would
 * say otherwise. The user is made when not known yet. One round trip when they were assigned before.
 */
export async function assignArm(store: Store, experiment: Experiment, userId: string): Promise<Arm> {
  const { experimentId } = experiment;
  const hashed = hashArm(experiment, userId);
  const name = await store.transaction("assign an arm", async (db) => {
    const known = await sql<{ arm: string }>`
      select arm from assignments join users using (user_key)
      where experiment_id = ${experimentId} and user_id = ${userId}
    `.execute(db);
    if (known.rows[0] !== undefined) return known.rows[0].arm;
    await sql`insert into users (user_id) values (${userId}) on conflict do nothing`.execute(db);
    await sql`
      insert into assignments (experiment_id, user_key, arm, assigned_at)
      select ${experimentId}, user_key, ${hashed.arm}, ${instant(store.now())} from users where user_id = ${userId}
      on conflict do nothing
    `.execute(db);
    // Another process may have been first, under other weights.
    const { rows } = await sql<{ arm: string }>`
      select arm from assignments join users using (user_key)
      where experiment_id = ${experimentId} and user_id = ${userId}
    `.execute(db);
    return rows[0]?.arm ?? hashed.arm;
  });
  return experiment.arms.find(({ arm }) => arm === name) ?? hashed;
}

/** What one exposed user did under their arm, for the experiment's statistics. */
export interface UserOutcome {
  readonly arm: string;
  readonly requests: number;
  readonly impressions: number;
  /** Kind of feedback -> how often, and the sum of its values. */
  readonly feedback: Readonly<Record<string, { readonly count: number; readonly sum: number }>>;
  /** Kind of feedback -> sum of its values in the four weeks before the first exposure; null: nothing was shown then. */
  readonly before: Readonly<Record<string, number>> | null;
  /** Of the user, as they are now. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** How far back the past of a user goes, for `UserOutcome.before`. */
const PRE_PERIOD = "28 days";

/** One entry a user who was exposed, of what was answered under the experiment. Users are not named, erased ones left out. */
export async function experimentOutcomes(store: Store, experimentId: string): Promise<UserOutcome[]> {
  const { rows } = await store.transaction(
    "read the outcomes of an experiment",
    (db) =>
      sql<UserOutcome>`
        with answered as (
          select user_key, count(*) as requests,
            sum((select count(*) from impressions where impressions.request_id = requests.request_id)) as impressions
          from requests where experiment_id = ${experimentId} and user_key is not null group by user_key
        ), responses as (
          select user_key, feedback.kind, count(*) as count, sum(value) as sum
          from requests join feedback using (request_id)
          where experiment_id = ${experimentId} and user_key is not null group by user_key, feedback.kind
        ), by_user as (
          select user_key, jsonb_object_agg(kind, jsonb_build_object('count', count, 'sum', sum)) as feedback
          from responses group by user_key
        ), exposed as (
          select user_key, first_exposed_at as since from assignments
          where experiment_id = ${experimentId} and first_exposed_at is not null
        ), earlier as (
          select distinct user_key from exposed join requests using (user_key)
          where requests.time < since and requests.time >= since - ${PRE_PERIOD}::interval
        ), past as (
          select user_key, jsonb_object_agg(kind, sum) as before from (
            select user_key, feedback.kind, sum(value) as sum
            from exposed join requests using (user_key) join feedback using (request_id)
            where feedback.time < since and requests.time >= since - ${PRE_PERIOD}::interval
            group by user_key, feedback.kind
          ) as by_kind group by user_key
        )
        select assignments.arm, coalesce(requests, 0)::integer as requests,
          coalesce(impressions, 0)::integer as impressions, coalesce(feedback, '{}') as feedback,
          case when earlier.user_key is null then null else coalesce(past.before, '{}') end as before,
          users.attributes
        from assignments join users using (user_key) left join answered using (user_key) left join by_user using (user_key)
          left join earlier using (user_key) left join past using (user_key)
        where assignments.experiment_id = ${experimentId} and first_exposed_at is not null
        order by user_key
      `.execute(db),
    { bulk: true },
  );
  return rows;
}
