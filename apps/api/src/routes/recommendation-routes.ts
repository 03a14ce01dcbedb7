import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { RequestRecord } from "@sequitur/store";
import { randomUUID } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ApiEnv } from "../http/api-env.js";
import {
  nextPoiRequestSchema,
  recommendationBatchSchema,
  recommendationListSchema,
  recommendationRequestSchema,
  recommendationSchema,
  type NextPoiRequest,
  type Recommendation,
  type RecommendationRequest,
} from "../schemas/recommendation-schemas.js";
import { recommendationOf, recordOf, underOut } from "../serving/answer.js";
import { answerUnder } from "../serving/answer-under.js";
import { askedUnder, rankingAssignmentFor, type Assignment } from "../serving/experiment-arm.js";
import { questionsOf } from "../serving/ask.js";
import type { Question } from "../serving/question.js";
import type { Serving } from "../serving/serving.js";
import { guarded, jsonAnswer, jsonBody, PROBLEMS } from "./route-parts.js";

const SHARED = {
  method: "post" as const,
  tags: ["Recommendations"],
  ...guarded("serve"),
};

const postRecommendations = createRoute({
  ...SHARED,
  path: "/v1/recommendations",
  summary: "What comes next for a user or a session",
  request: { body: jsonBody(recommendationRequestSchema) },
  responses: { 200: jsonAnswer(recommendationSchema, "items, best first"), ...PROBLEMS },
});

const postBatch = createRoute({
  ...SHARED,
  path: "/v1/recommendations/batch",
  summary: "The same for many at once",
  request: { body: jsonBody(recommendationBatchSchema) },
  responses: { 200: jsonAnswer(recommendationListSchema, "one result a request, in order"), ...PROBLEMS },
});

const postNextPoi = createRoute({
  ...SHARED,
  path: "/v1/next-poi",
  summary: "Where to go next, from here and now",
  request: { body: jsonBody(nextPoiRequestSchema) },
  responses: { 200: jsonAnswer(recommendationSchema, "places, best first"), ...PROBLEMS },
});

/** Ranked lists for users, sessions and places. */
export function recommendationRoutes(app: OpenAPIHono<ApiEnv>, serving: Serving) {
  return app
    .openapi(postRecommendations, async (c) => {
      const [result] = await recommended(serving, [c.req.valid("json")], "recommendations");
      return c.json(result!, 200);
    })
    .openapi(postBatch, async (c) => {
      const { requests } = c.req.valid("json");
      return c.json({ results: await recommended(serving, requests, "recommendations") }, 200);
    })
    .openapi(postNextPoi, async (c) => {
      const [result] = await recommended(serving, [asRecommendation(c.req.valid("json"))], "next-poi");
      return c.json(result!, 200);
    });
}

/** Asks, answers, and keeps what is shown before it is sent. */
async function recommended(
  serving: Serving,
  requests: readonly RecommendationRequest[],
  kind: string,
): Promise<Recommendation[]> {
  const asked: Asked[] = [];
  for (const request of requests) {
    const requestId = randomUUID();
    asked.push({ request, requestId, kind, assignment: await rankingAssignmentFor(serving, request, requestId) });
  }
  const arms = asked.map(({ assignment }) => assignment?.arm);
  const questions = await questionsOf(
    serving,
    requests.map((request, place) => askedUnder(request, arms[place])),
  );
  const rivals = asked.filter(({ assignment }) => assignment?.rival !== undefined);
  const second = await questionsOf(
    serving,
    rivals.map(({ request, assignment }) => askedUnder(request, assignment!.rival)),
  );
  const shown: Shown[] = [];
  for (const [place, question] of questions.entries()) {
    // A large batch must not hold up everybody else.
    if (place > 0) await nextTurn();
    const one = asked[place]!;
    shown.push(answerOne(serving, one, question, second[rivals.indexOf(one)]));
  }
  const kept = shown.flatMap((one) => one.kept);
  if (kept.length > 0) await serving.record(kept);
  return shown.map(({ recommendation }) => recommendation);
}

interface Shown {
  readonly recommendation: Recommendation;
  /** What is to be recorded: one or none. */
  readonly kept: readonly RequestRecord[];
}

interface Asked {
  readonly request: RecommendationRequest;
  readonly requestId: string;
  /** Of the endpoint. */
  readonly kind: string;
  readonly assignment: Assignment | undefined;
}

/** One answer; `second` is the question as the arm asks it whose list is mixed in. */
function answerOne(serving: Serving, asked: Asked, question: Question, second: Question | undefined): Shown {
  const { request, requestId, kind, assignment } = asked;
  const { found, under } = answerUnder(serving, { assignment, requestId, questions: [question, second ?? question] });
  serving.metrics.answers.inc({ route: kind, served_by: found.servedBy });
  const recommendation = { ...recommendationOf(serving, question, found, requestId), ...underOut(under) };
  const { userId, record } = request;
  const kept = { requestId, userId, kind, question, items: found.items, policy: "greedy", under };
  return { recommendation, kept: record ? [recordOf(serving, kept)] : [] };
}

/** A place is a recommendation with a radius around here, open now when asked. */
function asRecommendation(request: NextPoiRequest): RecommendationRequest {
  const { radiusKm, openNow, categories, filter, ...rest } = request;
  return {
    ...rest,
    filter: {
      unknownHours: "drop",
      ...filter,
      radiusKm: filter?.radiusKm ?? radiusKm,
      ...(openNow && { openAt: "now" as const }),
      ...(categories && { categories }),
    },
  };
}
