import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { PlatformError } from "@sequitur/core";
import {
  changeExperiment,
  createExperiment,
  getExperiment,
  getModelVersion,
  listExperiments,
  startExperiment,
  stopExperiment,
  type Experiment,
  type ExperimentRecord,
} from "@sequitur/store";
import type { ApiEnv } from "../http/api-env.js";
import {
  experimentBodySchema,
  experimentListSchema,
  experimentSchema,
  type ExperimentBody,
} from "../schemas/admin-schemas.js";
import { experimentResultsSchema, planOf, trafficBodySchema } from "../schemas/experiment-schemas.js";
import { isoOf, isoOrNull, nameSchema } from "../schemas/values.js";
import { readExperiment } from "../serving/experiment-results.js";
import { takePart, withTraffic } from "../serving/exclusion-groups.js";
import type { Serving } from "../serving/serving.js";
import { guarded, jsonAnswer, jsonBody, PROBLEMS } from "./route-parts.js";

const ADMIN = { tags: ["Experiments"], ...guarded("admin") };
const idParam = z.object({ id: nameSchema.openapi({ param: { name: "id", in: "path" } }) });

const postExperiments = createRoute({
  ...ADMIN,
  method: "post",
  path: "/v1/experiments",
  summary: "Make a draft; its arms differ in model version, policy or fields of the request",
  request: { body: jsonBody(experimentBodySchema) },
  responses: { 200: jsonAnswer(experimentSchema, "the draft"), ...PROBLEMS },
});

const getExperiments = createRoute({
  ...ADMIN,
  ...guarded("read", "admin"),
  method: "get",
  path: "/v1/experiments",
  summary: "Every experiment, newest first",
  responses: { 200: jsonAnswer(experimentListSchema, "the experiments"), ...PROBLEMS },
});

const postStart = createRoute({
  ...ADMIN,
  method: "post",
  path: "/v1/experiments/{id}/start",
  summary: "Start a draft; in a group it takes users that no other experiment of the group has",
  request: { params: idParam },
  responses: { 200: jsonAnswer(experimentSchema, "the experiment"), ...PROBLEMS },
});

const putTraffic = createRoute({
  ...ADMIN,
  method: "put",
  path: "/v1/experiments/{id}/traffic",
  summary: "Let more or fewer users take part",
  description: "More adds users and moves none to another arm; users whom less leaves out keep their arm for later.",
  request: { params: idParam, body: jsonBody(trafficBodySchema) },
  responses: { 200: jsonAnswer(experimentSchema, "the experiment"), ...PROBLEMS },
});

const postStop = createRoute({
  ...ADMIN,
  method: "post",
  path: "/v1/experiments/{id}/stop",
  summary: "Stop it; what was assigned and exposed stays for its results",
  request: { params: idParam },
  responses: { 200: jsonAnswer(experimentSchema, "the experiment"), ...PROBLEMS },
});

const getResults = createRoute({
  ...ADMIN,
  ...guarded("read", "admin"),
  method: "get",
  path: "/v1/experiments/{id}/results",
  summary: "What the arms did to each metric, and a verdict",
  request: { params: idParam },
  responses: { 200: jsonAnswer(experimentResultsSchema, "the results"), ...PROBLEMS },
});

/** A/B tests of models and policies. */
export function experimentRoutes(app: OpenAPIHono<ApiEnv>, serving: Serving) {
  const { store } = serving;
  const follow = async (): Promise<void> => {
    await serving.experiments.sync();
    await serving.models.sync();
  };
  return app
    .openapi(postExperiments, async (c) => {
      const body = c.req.valid("json");
      await checkVersions(serving, body);
      return c.json(experimentOut(await createExperiment(store, recordFrom(body))), 200);
    })
    .openapi(getExperiments, async (c) => {
      const experiments = await listExperiments(store);
      return c.json({ experiments: experiments.map(experimentOut) }, 200);
    })
    .openapi(postStart, async (c) => {
      const experiment = await startExperiment(store, c.req.valid("param").id, takePart);
      await follow();
      return c.json(experimentOut(experiment), 200);
    })
    .openapi(putTraffic, async (c) => {
      const { traffic } = c.req.valid("json");
      const experiment = await changeExperiment(store, c.req.valid("param").id, withTraffic(traffic));
      await follow();
      return c.json(experimentOut(experiment), 200);
    })
    .openapi(postStop, async (c) => {
      const experiment = await stopExperiment(store, c.req.valid("param").id);
      await follow();
      return c.json(experimentOut(experiment), 200);
    })
    .openapi(getResults, async (c) => {
      const { id } = c.req.valid("param");
      const experiment = await getExperiment(store, id);
      if (experiment === undefined) throw new PlatformError("not-found", `there is no experiment ${id}.`);
      return c.json(await readExperiment(store, experiment), 200);
    });
}

/** An arm whose version cannot be loaded would answer with another one: that is no experiment. */
async function checkVersions({ store, models }: Serving, { arms }: ExperimentBody): Promise<void> {
  for (const { versionId } of arms) {
    if (versionId === undefined) continue;
    if ((await getModelVersion(store, versionId)) === undefined) {
      throw new PlatformError("not-found", `there is no model version ${versionId}.`);
    }
    await models.preload(versionId);
  }
}

function recordFrom({ experimentId, description, plan, arms }: ExperimentBody): ExperimentRecord {
  return {
    experimentId,
    description,
    settings: { plan },
    arms: arms.map(({ arm, weight, versionId, policy, request }) => ({
      arm,
      weight,
      ...(versionId !== undefined && { modelVersion: versionId }),
      policy: policy.kind,
      settings: { policy, request },
    })),
  };
}

function stopReasonOf({ settings }: Experiment): string {
  const { stopReason } = settings;
  return typeof stopReason === "string" ? stopReason : "";
}

function experimentOut(experiment: Experiment) {
  return {
    experimentId: experiment.experimentId,
    description: experiment.description,
    status: experiment.status,
    createdAt: isoOf(experiment.createdAt),
    startedAt: isoOrNull(experiment.startedAt),
    stoppedAt: isoOrNull(experiment.stoppedAt),
    stopReason: stopReasonOf(experiment),
    plan: planOf(experiment),
    traffic: planOf(experiment).traffic,
    arms: experiment.arms.map(({ arm, weight, modelVersion = null, policy = "greedy" }) => ({
      arm,
      weight,
      versionId: modelVersion,
      policy,
    })),
  };
}
