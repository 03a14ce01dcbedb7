import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { PlatformError, unknownSlate } from "@sequitur/core";
import type { Arm } from "@sequitur/store";
import { randomUUID } from "node:crypto";
import type { ApiEnv } from "../http/api-env.js";
import {
  slateRequestSchema,
  slateSchema,
  type PolicyChoice,
  type SlateOut,
  type SlateRequest,
} from "../schemas/recommendation-schemas.js";
import { chainRun, failureLog, modelBehind, recordOf, shadow, shownItems, underOut } from "../serving/answer.js";
import { answerUnder, stagesOf } from "../serving/answer-under.js";
import { questionsOf } from "../serving/ask.js";
import { askChain } from "../serving/chain.js";
import { drawSlate, type DrawnSlate } from "../serving/draw-slate.js";
import { askedUnder, assignmentFor, choiceOf, type Assignment } from "../serving/experiment-arm.js";
import { stageFor } from "../serving/served-policies.js";
import type { Question } from "../serving/question.js";
import type { Serving } from "../serving/serving.js";
import type { Stage } from "../serving/stage.js";
import { guarded, jsonAnswer, jsonBody, PROBLEMS } from "./route-parts.js";

const postSlates = createRoute({
  method: "post",
  path: "/v1/slates",
  tags: ["Recommendations"],
  summary: "A slate by a policy, kept with its propensities",
  description: "Written before the answer is sent: feedback and off-policy estimates refer to it by requestId.",
  ...guarded("serve"),
  request: { body: jsonBody(slateRequestSchema) },
  responses: { 200: jsonAnswer(slateSchema, "the slate"), ...PROBLEMS },
});

/** Slates, by a policy or under an experiment. */
export function slateRoutes(app: OpenAPIHono<ApiEnv>, serving: Serving) {
  return app.openapi(postSlates, async (c) => c.json(await slateFor(serving, c.req.valid("json")), 200));
}

async function slateFor(serving: Serving, request: SlateRequest): Promise<SlateOut> {
  const requestId = randomUUID();
  const assignment = await assignmentFor(serving, request, requestId);
  const { arm, rival } = assignment ?? {};
  const [question] = await questionsOf(serving, [askedUnder(request, arm)]);
  const policy = request.policy ?? choiceOf(arm) ?? { kind: "greedy" };
  const choice = { stages: stagesOf(serving, arm), policy, pool: request.pool, requestId };
  const stop = serving.metrics.ranking.startTimer();
  const { under, ...drawn } =
    rival === undefined
      ? { ...(await drawFor(serving, question!, choice)), under: assignment && { assignment } }
      : await mixed(serving, { request, assignment, question: question!, choice }, rival);
  stop();
  const { found, slate } = drawn;
  shadow(serving, question!, found);
  serving.metrics.answers.inc({ route: "slates", served_by: found.servedBy });
  const kept = { requestId, userId: request.userId, kind: "slates", question: question!, items: found.items, slate };
  await serving.record([recordOf(serving, { ...kept, policy: policy.kind, under })]);
  return { ...slateOut(serving, question!, drawn), ...underOut(under) };
}

interface AskedSlate {
  readonly request: SlateRequest;
  readonly assignment: Assignment | undefined;
  readonly question: Question;
  readonly choice: SlateChoice;
}

/** The lists of two arms as one slate; how likely it was is not worked out. */
async function mixed(serving: Serving, { request, assignment, question, choice }: AskedSlate, rival: Arm) {
  const { policy, requestId } = choice;
  if (policy.kind !== "greedy") {
    const message = `an experiment that mixes lists shows them greedily: expected no policy, got ${policy.kind}.`;
    throw new PlatformError("bad-data", message);
  }
  const [second] = await questionsOf(serving, [askedUnder(request, rival)]);
  const { found, under } = answerUnder(serving, { assignment, requestId, questions: [question, second!] });
  return { found, under, choice, slate: unknownSlate(Int32Array.from(found.items, ({ index }) => index)) };
}

export interface SlateChoice {
  readonly stages: readonly Stage[];
  readonly policy: PolicyChoice;
  readonly pool: number | undefined;
  /** Names the draws. */
  readonly requestId: string;
}

/** A slate with what it was drawn by. */
export interface DrawnFor extends DrawnSlate {
  readonly choice: SlateChoice;
  /** Whose model the policy ranked by; undefined where no model knows the asker. */
  readonly stage: Stage | undefined;
}

/** Draws a slate for a question; nothing is recorded. */
export async function drawFor(serving: Serving, question: Question, choice: SlateChoice): Promise<DrawnFor> {
  const { stages, policy, pool, requestId } = choice;
  const stage = await stageFor(policy, stages, question);
  const drawn = await drawSlate({
    directory: serving.items.directory,
    stage,
    policy: (stage) => serving.policies.of(stage, policy),
    question,
    pool,
    random: serving.random.fork(requestId),
    rank: (asked) => askChain(chainRun(serving, stages), asked),
    failed: failureLog(serving),
  });
  return { ...drawn, choice, stage };
}

/** A drawn slate as answers show it. */
export function slateOut(
  serving: Serving,
  question: Question,
  { found, slate, choice }: Omit<DrawnFor, "stage">,
): SlateOut {
  return {
    requestId: choice.requestId,
    servedBy: found.servedBy,
    ...modelBehind(found),
    policy: choice.policy.kind,
    propensityKind: slate.kind,
    items: shownItems(serving, question, found.items).map((item, position) => ({
      ...item,
      position,
      propensity: finite(slate.propensities[position]),
      conditional: finite(slate.conditionals[position]),
      standardError: finite(slate.standardErrors?.[position]),
    })),
  };
}

function finite(value = Number.NaN): number | null {
  return Number.isNaN(value) ? null : value;
}
