import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { PlatformError } from "@sequitur/core";
import {
  activateModelVersion,
  listModelSlots,
  listModelVersions,
  rollBackModelVersion,
  shadowModelVersion,
  type ModelSlot,
  type ModelVersion,
} from "@sequitur/store";
import type { ApiEnv } from "../http/api-env.js";
import {
  activationSchema,
  modelListSchema,
  SLOTS,
  slotBodySchema,
  slotStateSchema,
  type Slot,
} from "../schemas/admin-schemas.js";
import { doneSchema, isoOf } from "../schemas/values.js";
import type { Serving } from "../serving/serving.js";
import { guarded, jsonAnswer, jsonBody, PROBLEMS } from "./route-parts.js";

const ADMIN = { tags: ["Models"], ...guarded("admin") };
const versionParam = z.object({
  versionId: z.coerce
    .number()
    .int()
    .min(1)
    .max(2_147_483_647)
    .openapi({ param: { name: "versionId", in: "path" }, type: "integer" }),
});

const getModels = createRoute({
  ...ADMIN,
  ...guarded("read", "admin"),
  method: "get",
  path: "/v1/models",
  summary: "Every model version, newest first",
  responses: { 200: jsonAnswer(modelListSchema, "the versions"), ...PROBLEMS },
});

const loadVersion = createRoute({
  ...ADMIN,
  method: "post",
  path: "/v1/models/{versionId}/load",
  summary: "Load a version into this process, so that activating it costs nothing",
  request: { params: versionParam },
  responses: { 200: jsonAnswer(doneSchema, "loaded"), 422: jsonAnswer(doneSchema, "a damaged artifact"), ...PROBLEMS },
});

const activate = createRoute({
  ...ADMIN,
  method: "post",
  path: "/v1/models/{versionId}/activate",
  summary: "Let a version answer, in every process, without dropping a request",
  request: { params: versionParam, body: jsonBody(activationSchema) },
  responses: { 200: jsonAnswer(slotStateSchema, "the slot"), ...PROBLEMS },
});

const rollBack = createRoute({
  ...ADMIN,
  method: "post",
  path: "/v1/models/{versionId}/roll-back",
  summary: "Go back to what was active before this version",
  description: "Names the version that is active, so that a second click does not go back twice.",
  request: { params: versionParam, body: jsonBody(slotBodySchema) },
  responses: { 200: jsonAnswer(slotStateSchema, "the slot"), ...PROBLEMS },
});

const shadow = createRoute({
  ...ADMIN,
  method: "post",
  path: "/v1/models/{versionId}/shadow",
  summary: "Let a version rank along unseen; /metrics shows how much it agrees",
  request: { params: versionParam, body: jsonBody(slotBodySchema) },
  responses: { 200: jsonAnswer(slotStateSchema, "the slot"), ...PROBLEMS },
});

const endShadow = createRoute({
  ...ADMIN,
  method: "delete",
  path: "/v1/models/{versionId}/shadow",
  summary: "End the shadow of the default slot",
  request: { params: versionParam },
  responses: { 200: jsonAnswer(slotStateSchema, "the slot"), ...PROBLEMS },
});

/** Model versions: what there is, what answers, what answered before. */
export function modelRoutes(app: OpenAPIHono<ApiEnv>, serving: Serving) {
  const { store, models } = serving;
  return app
    .openapi(getModels, async (c) => {
      const [versions, slots] = await Promise.all([listModelVersions(store), listModelSlots(store)]);
      return c.json({ models: versions.map((version) => versionOut(version, slots, serving)) }, 200);
    })
    .openapi(loadVersion, async (c) => {
      await models.preload(c.req.valid("param").versionId);
      return c.json({ done: true as const }, 200);
    })
    .openapi(activate, async (c) => {
      const { slot, reason } = c.req.valid("json");
      const { versionId } = c.req.valid("param");
      // A version that cannot be loaded must not become active: the next process to start would have none.
      await models.preload(versionId);
      await activateModelVersion(store, versionId, { slot, reason });
      await models.sync();
      return c.json(await slotOut(serving, slot), 200);
    })
    .openapi(rollBack, async (c) => {
      const { slot } = c.req.valid("json");
      await rollBackModelVersion(store, c.req.valid("param").versionId, { slot });
      await models.sync();
      return c.json(await slotOut(serving, slot), 200);
    })
    .openapi(shadow, async (c) => {
      const { slot } = c.req.valid("json");
      if (slot !== "default") throw new PlatformError("bad-config", `only the default slot has a shadow, got ${slot}.`);
      const { versionId } = c.req.valid("param");
      await models.preload(versionId);
      await shadowModelVersion(store, versionId, { slot });
      await models.sync();
      return c.json(await slotOut(serving, slot), 200);
    })
    .openapi(endShadow, async (c) => {
      const { versionId } = c.req.valid("param");
      const { shadow: current } = await slotOut(serving, "default");
      if (current !== versionId) throw new PlatformError("not-found", `version ${versionId} is no shadow.`);
      await shadowModelVersion(store, undefined, { slot: "default" });
      await models.sync();
      return c.json(await slotOut(serving, "default"), 200);
    });
}

async function slotOut({ store }: Serving, slot: Slot) {
  const state = (await listModelSlots(store)).find((one) => one.slot === slot);
  return { slot, active: state?.active?.versionId ?? null, shadow: state?.shadow?.versionId ?? null };
}

function versionOut(version: ModelVersion, slots: readonly ModelSlot[], { models }: Serving) {
  const { versionId } = version;
  const has = (pick: (slot: ModelSlot) => ModelVersion | undefined): Slot[] =>
    SLOTS.filter((name) => slots.some((slot) => slot.slot === name && pick(slot)?.versionId === versionId));
  return {
    versionId,
    model: version.model,
    version: version.version,
    config: version.config,
    metrics: { ...version.metrics },
    validation: version.validation && { ...version.validation },
    fit: { ...version.fit },
    dataFingerprint: version.dataFingerprint,
    createdAt: isoOf(version.createdAt),
    activeIn: has(({ active }) => active),
    shadowIn: has(({ shadow }) => shadow),
    loaded: models.isLoaded(versionId),
  };
}
