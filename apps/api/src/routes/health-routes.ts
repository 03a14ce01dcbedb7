import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { pingStore } from "@sequitur/store";
import type { ApiEnv } from "../http/api-env.js";
import type { Serving } from "../serving/serving.js";
import { guarded, jsonAnswer, PROBLEMS } from "./route-parts.js";

/** The database must answer within this to count as there. */
const PING_MS = 1_000;

const healthSchema = z.object({ status: z.literal("ok") }).openapi("Health");
const readinessSchema = z
  .object({
    ready: z.boolean(),
    database: z.boolean().openapi({ description: "it answers" }),
    writable: z.boolean().openapi({ description: "no write was refused of late, such as by a full disk" }),
    synced: z.boolean().openapi({ description: "items and models were read" }),
    draining: z.boolean(),
    slots: z.record(z.string(), z.int()).openapi({ description: "slot -> model version that answers" }),
    fallbacks: z
      .record(z.string(), z.object({ active: z.int(), serving: z.int().nullable() }))
      .openapi({ description: "slot -> its active version, which cannot be loaded, and the one that serves instead" }),
    broken: z.array(z.string()).openapi({ description: "versions that should answer and cannot be loaded" }),
  })
  .openapi("Readiness");

const getHealth = createRoute({
  method: "get",
  path: "/healthz",
  tags: ["Operations"],
  summary: "Whether the process lives",
  responses: { 200: jsonAnswer(healthSchema, "it lives") },
});

const getReady = createRoute({
  method: "get",
  path: "/readyz",
  tags: ["Operations"],
  summary: "Whether it should be sent requests",
  responses: { 200: jsonAnswer(readinessSchema, "ready"), 503: jsonAnswer(readinessSchema, "not ready") },
});

const getMetrics = createRoute({
  method: "get",
  path: "/metrics",
  tags: ["Operations"],
  summary: "Numbers for Prometheus",
  ...guarded("metrics", "admin"),
  responses: { 200: { description: "text", content: { "text/plain": { schema: z.string() } } }, 401: PROBLEMS[401] },
});

/** What a supervisor and a dashboard ask. */
export function healthRoutes(app: OpenAPIHono<ApiEnv>, serving: Serving, isDraining: () => boolean) {
  return app
    .openapi(getHealth, (c) => c.json({ status: "ok" as const }, 200))
    .openapi(getReady, async (c) => {
      const database = await pingStore(serving.store, PING_MS);
      const synced = serving.isSynced;
      const draining = isDraining();
      const { writable } = serving.writes;
      const { slots, fallbacks, broken } = serving.models.state;
      const modelled = serving.settings.readyWithoutModel || Object.keys(slots).length > 0;
      const ready = database && writable && synced && modelled && !draining;
      const models = { slots: { ...slots }, fallbacks: { ...fallbacks }, broken: [...broken] };
      return c.json({ ready, database, writable, synced, draining, ...models }, ready ? 200 : 503);
    })
    .openapi(getMetrics, async (c) => {
      const { registry } = serving.metrics;
      return c.text(await registry.metrics(), 200, { "content-type": registry.contentType });
    });
}
