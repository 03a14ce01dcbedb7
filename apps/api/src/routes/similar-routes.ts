import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { NONE } from "@sequitur/core";
import { randomUUID } from "node:crypto";
import type { ApiEnv } from "../http/api-env.js";
import { recommendationSchema } from "../schemas/recommendation-schemas.js";
import { recommendationOf } from "../serving/answer.js";
import type { Serving } from "../serving/serving.js";
import { similarItems } from "../serving/similar-items.js";
import { guarded, idParam, jsonAnswer, notThere, PROBLEMS } from "./route-parts.js";

const getSimilar = createRoute({
  method: "get",
  path: "/v1/items/{id}/similar",
  tags: ["Recommendations"],
  summary: "Items like this one",
  ...guarded("serve"),
  request: { params: idParam, query: z.object({ k: z.coerce.number().int().min(1).max(200).default(10) }) },
  responses: { 200: jsonAnswer(recommendationSchema, "items, most similar first; not recorded"), ...PROBLEMS },
});

/** Items like one item. */
export function similarRoutes(app: OpenAPIHono<ApiEnv>, serving: Serving) {
  return app.openapi(getSimilar, async (c) => {
    const { id } = c.req.valid("param");
    if (serving.items.directory.indexOf(id) === NONE) throw notThere("item", id);
    const { question, found } = similarItems(serving, id, c.req.valid("query").k);
    return c.json(recommendationOf(serving, question, found, randomUUID()), 200);
  });
}
