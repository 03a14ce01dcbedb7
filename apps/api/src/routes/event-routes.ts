import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import {
  appendEvents,
  deleteEvents,
  grouped,
  recordFeedback,
  type Event,
  type EventResult,
  type Feedback,
} from "@sequitur/store";
import { randomUUID } from "node:crypto";
import type { ApiEnv } from "../http/api-env.js";
import { HttpProblem } from "../http/problem.js";
import {
  eventBatchResultSchema,
  eventBatchSchema,
  eventDeletionSchema,
  eventsDeletedSchema,
  eventSchema,
  feedbackBatchSchema,
  feedbackResultSchema,
  MOST_EVENTS,
  type EventIn,
  type FeedbackIn,
  type RowError,
} from "../schemas/event-schemas.js";
import { POSITIVE_FEEDBACK } from "../serving/positive-feedback.js";
import type { Serving } from "../serving/serving.js";
import { judgedRows } from "./judged-rows.js";
import { guarded, jsonAnswer, jsonBody, present, PROBLEMS } from "./route-parts.js";

/** Rows that may wait for a commit before senders are told to come back later. */
const MOST_WAITING = 20 * MOST_EVENTS;

const postEvents = createRoute({
  method: "post",
  path: "/v1/events",
  tags: ["Events"],
  summary: "Tell what happened",
  description:
    "Idempotent by eventId. What is accepted is committed before the answer is sent; send again after errors.",
  ...guarded("ingest"),
  request: { body: jsonBody(eventBatchSchema) },
  responses: { 200: jsonAnswer(eventBatchResultSchema, "what became of each row"), ...PROBLEMS },
});

const postFeedback = createRoute({
  method: "post",
  path: "/v1/feedback",
  tags: ["Events"],
  summary: "Tell how people reacted to what was shown",
  description:
    "Idempotent by feedbackId. A row counts only for an item that the answer with this requestId showed. The first click, " +
    'visit or purchase of a slate, or the kind "none" without itemId where nothing was chosen, is what policies learn.',
  ...guarded("ingest"),
  request: { body: jsonBody(feedbackBatchSchema) },
  responses: { 200: jsonAnswer(feedbackResultSchema, "what became of each row"), ...PROBLEMS },
});

const postDelete = createRoute({
  method: "post",
  path: "/v1/events/delete",
  tags: ["Events"],
  summary: "Take events of users out of the log",
  description:
    "Their ids stay taken: sending a deleted event again does not bring it back; send a correction under another id.",
  ...guarded("catalog"),
  request: { body: jsonBody(eventDeletionSchema) },
  responses: { 200: jsonAnswer(eventsDeletedSchema, "how many went"), ...PROBLEMS },
});

/** Events and feedback. */
export function eventRoutes(app: OpenAPIHono<ApiEnv>, serving: Serving) {
  const { store, metrics, writes } = serving;
  const { unknownItems, unknownUsers } = serving.settings;
  const unknown = { refuseUnknownItems: unknownItems === "refuse", refuseUnknownUsers: unknownUsers === "refuse" };
  const limit = store.engine === "pglite" ? 1 : 4;
  const append = bounded(
    grouped(
      writes.watched((rows: readonly Event[]) => appendEvents(store, rows, unknown)),
      { limit },
    ),
  );
  const respond = bounded(
    grouped(
      writes.watched((rows: readonly Feedback[]) => recordFeedback(store, rows, { choices: POSITIVE_FEEDBACK })),
      { limit },
    ),
  );
  const clock = (): Clock => ({ now: store.now(), mostSecondsAhead: serving.settings.mostSecondsAhead });
  return app
    .openapi(postEvents, async (c) => {
      const { events } = c.req.valid("json");
      const { rows, places, errors } = readRows(events, clock());
      const results = rows.length === 0 ? [] : await append(rows);
      results.forEach((result, at) => {
        if (result.status === "rejected") {
          errors.push({ row: places[at]!, eventId: rows[at]!.eventId, message: result.message });
        }
      });
      const shown = unknownItems === "recommend";
      if (shown && rows.some(({ itemId }) => serving.items.directory.indexOf(itemId) < 0)) serving.soon();
      const counts = countsOf(results, errors.length);
      for (const [outcome, count] of Object.entries(counts)) metrics.events.inc({ outcome }, count);
      return c.json({ ...counts, errors: errors.sort((a, b) => a.row - b.row) }, 200);
    })
    .openapi(postDelete, async (c) => {
      const choices = c.req.valid("json").events.map(({ userId, ...named }) => ({ userId, ...present(named) }));
      const rows = await deleteEvents(store, choices);
      return c.json({ deleted: rows.reduce((sum, count) => sum + count, 0), rows }, 200);
    })
    .openapi(postFeedback, async (c) => {
      return c.json(await takeFeedback(serving, respond, clock(), c.req.valid("json").feedback), 200);
    });
}

/** Writes reactions, and lets the policies learn from them before the answer. */
async function takeFeedback(
  serving: Serving,
  respond: (rows: readonly Feedback[]) => Promise<EventResult[]>,
  clock: Clock,
  feedback: readonly FeedbackIn[],
) {
  for (const [row, { time }] of feedback.entries()) {
    const problem = aheadProblem(time, clock);
    if (problem !== undefined) throw new HttpProblem("bad-request", `feedback.${row}.${problem}.`);
  }
  const rows = feedback.map(({ feedbackId = randomUUID(), time = clock.now, itemId, ...rest }) => ({
    ...rest,
    ...(itemId !== undefined && { itemId }),
    feedbackId,
    time,
  }));
  const results = await respond(rows);
  // Committed already: what cannot be learned now is at the next look.
  await serving.policies.follow().catch((error: unknown) => {
    serving.logger.warn({ err: error }, "policies could not learn; trying again");
  });
  const errors = results.flatMap((result, row) =>
    result.status === "rejected" ? [{ row, message: result.message }] : [],
  );
  const counts = countsOf(results, errors.length);
  for (const [outcome, count] of Object.entries(counts)) serving.metrics.feedback.inc({ outcome }, count);
  return { ...counts, errors };
}

/** The rows of a batch that are events, with their places, and errors for the others. */
function readRows(
  given: readonly unknown[],
  clock: Clock,
): { readonly rows: Event[]; readonly places: readonly number[]; readonly errors: RowError[] } {
  const { rows, places, errors } = judgedRows(given, eventSchema, "eventId", ({ time }) => aheadProblem(time, clock));
  return {
    rows: rows.map((event) => eventOf(event, clock.now)),
    places,
    errors: errors.map(({ id, ...error }) => ({ ...error, ...(id !== undefined && { eventId: id }) })),
  };
}

/** What the times of rows are held against. */
interface Clock {
  /** ms since the epoch, UTC. */
  readonly now: number;
  readonly mostSecondsAhead: number;
}

/** Why a row dated ahead of the server's clock is refused: its own user's history would not show it until then. */
function aheadProblem(time: number | undefined, { now, mostSecondsAhead }: Clock): string | undefined {
  const ahead = ((time ?? now) - now) / 1000;
  if (ahead <= mostSecondsAhead) return undefined;
  return `time: lies ${Math.round(ahead)} s ahead of the server's clock, which the setting mostSecondsAhead (${mostSecondsAhead}) forbids`;
}

function eventOf({ userId, itemId, eventId, time, ...others }: EventIn, now: number): Event {
  return { userId, itemId, eventId, time: time ?? now, ...present(others) };
}

function countsOf(results: readonly EventResult[], rejected: number) {
  return {
    accepted: results.filter(({ status }) => status === "accepted").length,
    duplicates: results.filter(({ status }) => status === "duplicate").length,
    rejected,
  };
}

/** Refuses rows while too many wait, so that a slow database does not fill the memory. */
function bounded<Row, Result>(
  write: (rows: readonly Row[]) => Promise<Result[]>,
): (rows: readonly Row[]) => Promise<Result[]> {
  let waiting = 0;
  return async (rows) => {
    if (waiting > 0 && waiting + rows.length > MOST_WAITING) {
      throw new HttpProblem("timed-out", "too many rows wait to be written; send them again.", { "retry-after": "1" });
    }
    waiting += rows.length;
    try {
      return await write(rows);
    } finally {
      waiting -= rows.length;
    }
  };
}
