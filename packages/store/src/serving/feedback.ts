import { sql, type Transaction } from "kysely";
import type { Store } from "../connection/store.js";
import { idProblem, type EventResult } from "../events/event.js";
import { isRequestId } from "./requests.js";
import { noteOutcomes } from "./slate-outcomes.js";
import type { Tables } from "../tables.js";

/** A raw response to an item that a request showed. */
export interface Feedback {
  /** Chosen by the sender; the same id again is a duplicate. */
  readonly feedbackId: string;
  readonly requestId: string;
  /** Left out with the kind "none", and only there. */
  readonly itemId?: string;
  /** Such as "click", "visit", "dwell", "rating"; "none" says that nothing of the slate was chosen. */
  readonly kind: string;
  /** 1 for a plain response; seconds, stars or an amount otherwise. */
  readonly value?: number;
  /** ms since the epoch, UTC. */
  readonly time: number;
}

/** The kind that closes a slate of which nothing was chosen. */
export const NO_CHOICE = "none";

export interface FeedbackOptions {
  /** Kinds that, with a value above 0, say that an item of a slate was chosen. */
  readonly choices?: readonly string[];
}

/**
 * Writes feedback in one transaction, one result a row, in order; accepted means committed. A row is rejected when its
 * request is not known or did not show the item, since nothing could be learned from it. New choices, and slates of
 * which nothing was chosen, become outcomes that policies learn from, by time.
 */
export async function recordFeedback(
  store: Store,
  feedback: readonly Feedback[],
  { choices = ["click"] }: FeedbackOptions = {},
): Promise<EventResult[]> {
  const results: EventResult[] = feedback.map(() => ({ status: "duplicate" }));
  const seen = new Set<string>();
  const rows: number[] = [];
  for (const [row, entry] of feedback.entries()) {
    const message = feedbackProblem(entry);
    if (message !== undefined) results[row] = { status: "rejected", message };
    else if (!seen.has(entry.feedbackId)) {
      seen.add(entry.feedbackId);
      rows.push(row);
    }
  }
  if (rows.length === 0) return results;
  const valid = rows.map((row) => feedback[row]!);
  const outcome = await store.transaction("record feedback", async (db) => {
    const { rows } = await sql<Written>`
      with input as (
        select t.*, exists (
            select from impressions join items using (item_key)
            where impressions.request_id = t.request_id and (items.item_id = t.item_id or t.kind = ${NO_CHOICE})
          ) as shown,
          (select item_key from items where items.item_id = t.item_id) as item_key
        from unnest(
          ${valid.map((entry) => entry.feedbackId)}::text[], ${valid.map((entry) => entry.requestId)}::uuid[],
          ${valid.map((entry) => entry.itemId ?? null)}::text[], ${valid.map((entry) => entry.kind)}::text[],
          ${valid.map((entry) => entry.value ?? 1)}::double precision[],
          ${valid.map((entry) => entry.time)}::double precision[]
        ) with ordinality as t (feedback_id, request_id, item_id, kind, value, ms, ordinal)
      ), inserted as (
        insert into feedback (feedback_id, request_id, item_key, kind, value, time)
        select feedback_id, request_id, item_key, kind, value, to_timestamp(ms / 1000)
        from input where shown and kind <> ${NO_CHOICE} order by feedback_id
        on conflict do nothing returning feedback_id
      )
      select (ordinal - 1)::integer as row, shown, inserted.feedback_id is not null as fresh
      from input left join inserted using (feedback_id)
    `.execute(db);
    return withOutcomes(db, rows, valid, choices);
  });
  for (const { row, shown, fresh } of outcome) {
    const entry = valid[row]!;
    if (fresh) results[rows[row]!] = { status: "accepted" };
    else if (!shown) {
      const message = `request ${entry.requestId} is not known or did not show item ${JSON.stringify(entry.itemId)}.`;
      results[rows[row]!] = { status: "rejected", message };
    }
  }
  return results;
}

function feedbackProblem(entry: Feedback): string | undefined {
  const problem = idProblem("feedbackId", entry.feedbackId) ?? itemProblem(entry) ?? idProblem("kind", entry.kind, 64);
  if (problem !== undefined) return problem;
  if (!isRequestId(entry.requestId)) return `requestId must be a UUID, got ${JSON.stringify(entry.requestId)}.`;
  if (entry.value !== undefined && !Number.isFinite(entry.value)) return `value must be finite, got ${entry.value}.`;
  if (!(Math.abs(entry.time) <= 1e14)) return `time must be an instant in ms, got ${entry.time}.`;
  return undefined;
}

function itemProblem({ itemId, kind }: Feedback): string | undefined {
  if (kind !== NO_CHOICE) return idProblem("itemId", itemId ?? "");
  return itemId === undefined ? undefined : `kind "${NO_CHOICE}" says that nothing was chosen: leave itemId out.`;
}

/** What became of a row. */
interface Written {
  row: number;
  shown: boolean;
  fresh: boolean;
}

/** Notes choices, and slates without one, as outcomes; of the latter only the first is fresh. */
async function withOutcomes(
  db: Transaction<Tables>,
  rows: readonly Written[],
  valid: readonly Feedback[],
  choices: readonly string[],
): Promise<Written[]> {
  const isChoice = ({ kind, value = 1 }: Feedback): boolean => choices.includes(kind) && value > 0;
  const reactions = rows
    .filter(({ row, shown, fresh }) => {
      const entry = valid[row]!;
      return shown && (entry.kind === NO_CHOICE || (fresh && isChoice(entry)));
    })
    .map(({ row }) => valid[row]!)
    .sort((a, b) => a.time - b.time);
  const noted = await noteOutcomes(db, reactions);
  return rows.map((one) => {
    const { kind, requestId } = valid[one.row]!;
    return kind === NO_CHOICE ? { ...one, fresh: noted.has(requestId.toLowerCase()) } : one;
  });
}
