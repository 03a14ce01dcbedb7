import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { NONE } from "@sequitur/core";
import type { ApiEnv } from "../http/api-env.js";
import { recommendationSchema, similarQuerySchema } from "../schemas/recommendation-schemas.js";
import type { Serving } from "../serving/serving.js";
import { similarAnswer } from "../serving/similar-answer.js";
import { guarded, idParam, jsonAnswer, notThere, PROBLEMS } from "./route-parts.js";

const getSimilar = createRoute({
  method: "get",
  path: "/v1/items/{id}/similar",
  tags: ["Recommendations"],
  summary: "Items like this one",
  ...guarded("serve"),
  request: { params: idParam, query: similarQuerySchema },
  responses: {
    200: jsonAnswer(recommendationSchema, "items, most similar first; recorded under an experiment only"),
    ...PROBLEMS,
  },
});

/** Items like one item. */
export function similarRoutes(app: OpenAPIHono<ApiEnv>, serving: Serving) {
  return app.openapi(getSimilar, async (c) => {
    const { id: itemId } = c.req.valid("param");
    if (serving.items.directory.indexOf(itemId) === NONE) throw notThere("item", itemId);
    return c.json(await similarAnswer(serving, { itemId, ...c.req.valid("query") }), 200);
  });
}
