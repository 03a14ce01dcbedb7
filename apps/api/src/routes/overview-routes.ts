import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { ApiEnv } from "../http/api-env.js";
import { overviewSchema } from "../schemas/overview-schemas.js";
import { overviewOf } from "../serving/overview.js";
import type { Serving } from "../serving/serving.js";
import { guarded, jsonAnswer, PROBLEMS } from "./route-parts.js";

const getOverview = createRoute({
  method: "get",
  path: "/v1/overview",
  tags: ["Operations"],
  summary: "How serving goes, and what to do next",
  ...guarded("read", "admin"),
  responses: { 200: jsonAnswer(overviewSchema, "the last day"), ...PROBLEMS },
});

/** Everything on one page. */
export function overviewRoutes(app: OpenAPIHono<ApiEnv>, serving: Serving) {
  return app.openapi(getOverview, async (c) => c.json(await overviewOf(serving), 200));
}
