import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { PlatformError } from "@sequitur/core";
import { assignArm, type Arm } from "@sequitur/store";
import { randomUUID } from "node:crypto";
import type { ApiEnv } from "../http/api-env.js";
import { requireScope } from "../http/authentication.js";
import {
  policySchema,
  slateRequestSchema,
  slateSchema,
  type SlateOut,
  type SlateRequest,
} from "../schemas/recommendation-schemas.js";
import { answer, failureLog, modelBehind, recordOf, shownItems } from "../serving/answer.js";
import { questionsOf } from "../serving/ask.js";
import type { Serving } from "../serving/serving.js";
import { drawSlateItems } from "../serving/slate-draw.js";
import { drawPosteriorSlate } from "../serving/posterior-slate.js";
import { drawsFromPosterior, policyOf, type PolicyChoice } from "../serving/slate-policies.js";
import { jsonAnswer, jsonBody, PROBLEMS, SECURITY } from "./route-parts.js";

const postSlates = createRoute({
  method: "post",
  path: "/v1/slates",
  tags: ["Recommendations"],
  summary: "A slate by a policy, kept with its propensities",
  description: "Written before the answer is sent: feedback and off-policy estimates refer to it by requestId.",
  security: SECURITY,
  middleware: requireScope("serve"),
  request: { body: jsonBody(slateRequestSchema) },
  responses: { 200: jsonAnswer(slateSchema, "the slate"), ...PROBLEMS },
});

/** Slates, by a policy or under an experiment. */
export function slateRoutes(app: OpenAPIHono<ApiEnv>, serving: Serving) {
  return app.openapi(postSlates, async (c) => c.json(await slateFor(serving, c.req.valid("json")), 200));
}

async function slateFor(serving: Serving, request: SlateRequest): Promise<SlateOut> {
  const [question] = await questionsOf(serving, [request]);
  const arm = await armFor(serving, request);
  const choice = request.policy ?? choiceOf(arm) ?? { kind: "greedy" };
  const requestId = randomUUID();
  const stages = arm?.modelVersion === undefined ? serving.models.chain : serving.models.chainWith(arm.modelVersion);
  const random = serving.random.fork(requestId);
  const rank = (k: number, firstOnly: boolean) => answer(serving, { ...question!, k }, { stages, firstOnly });
  const { k } = request;
  const asked = { stage: stages[0], question: question!, random, rest: () => rank(k, false) };
  const drawn = drawsFromPosterior(choice)
    ? await drawPosteriorSlate({ ...asked, choice, failed: failureLog(serving) })
    : drawSlateItems({ rank, policy: policyOf(choice), k, pool: Math.max(request.pool, k), random });
  const policy = choice.kind;
  const experiment = arm && { experimentId: request.experiment!, arm: arm.arm };
  serving.metrics.answers.inc({ route: "slates", served_by: drawn.found.servedBy });
  const { items, propensities } = drawn;
  const kept = { requestId, userId: request.userId, kind: "slates", question: question!, items, propensities };
  await serving.record([recordOf(serving, { ...kept, policy, experiment })]);
  return {
    requestId,
    servedBy: drawn.found.servedBy,
    ...modelBehind(drawn.found),
    policy,
    ...(experiment && { experiment }),
    items: shownItems(serving, question!, items).map((item, position) => ({
      ...item,
      position,
      propensity: propensities[position]!,
    })),
  };
}

async function armFor(serving: Serving, { experiment: experimentId, userId }: SlateRequest): Promise<Arm | undefined> {
  if (experimentId === undefined || userId === undefined) return undefined;
  const experiment = serving.experiments.get(experimentId);
  if (experiment === undefined) throw new PlatformError("not-found", `no experiment "${experimentId}" is running.`);
  return assignArm(serving.store, experiment, userId);
}

/** The policy that an arm was made with. */
function choiceOf(arm: Arm | undefined): PolicyChoice | undefined {
  return policySchema.safeParse(arm?.settings?.["policy"]).data;
}
