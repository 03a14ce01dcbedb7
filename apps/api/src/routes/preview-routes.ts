import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { randomUUID } from "node:crypto";
import type { ApiEnv } from "../http/api-env.js";
import { previewRequestSchema, previewSchema, type Preview, type PreviewRequest } from "../schemas/preview-schemas.js";
import { questionsOf } from "../serving/ask.js";
import { changedQuestion, historyOut, stepsOf } from "../serving/preview.js";
import type { Serving } from "../serving/serving.js";
import { guarded, jsonAnswer, jsonBody, PROBLEMS } from "./route-parts.js";
import { drawFor, slateOut } from "./slate-routes.js";

const postPreviews = createRoute({
  method: "post",
  path: "/v1/previews",
  tags: ["Recommendations"],
  summary: "A slate with the steps to it, by any model version; nothing is recorded",
  description: "For people who look into the system. Its requestId is not known to feedback.",
  ...guarded("read", "admin"),
  request: { body: jsonBody(previewRequestSchema) },
  responses: { 200: jsonAnswer(previewSchema, "the slate and how it came about"), ...PROBLEMS },
});

/** Answers to look at. */
export function previewRoutes(app: OpenAPIHono<ApiEnv>, serving: Serving) {
  return app.openapi(postPreviews, async (c) => c.json(await previewOf(serving, c.req.valid("json")), 200));
}

async function previewOf(serving: Serving, { ask, versionId, change }: PreviewRequest): Promise<Preview> {
  if (versionId !== undefined) await serving.models.preload(versionId);
  const [asked] = await questionsOf(serving, [ask]);
  const question = change === undefined ? asked! : changedQuestion(asked!, change);
  const stages = versionId === undefined ? serving.models.chain : serving.models.chainWith(versionId);
  const policy = ask.policy ?? { kind: "greedy" as const };
  const started = performance.now();
  const drawn = await drawFor(serving, question, { stages, policy, pool: ask.pool, requestId: randomUUID() });
  const tookMs = performance.now() - started;
  return {
    slate: slateOut(serving, question, drawn),
    steps: stepsOf(serving, question, drawn),
    history: historyOut(serving, question.history),
    knownUser: question.userId !== undefined,
    tookMs,
  };
}
