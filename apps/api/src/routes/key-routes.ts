import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { PlatformError } from "@sequitur/core";
import { createApiKey, listApiKeys, revokeApiKey } from "@sequitur/store";
import type { ApiEnv } from "../http/api-env.js";
import { keyBodySchema, keyListSchema, newKeySchema } from "../schemas/admin-schemas.js";
import { doneSchema, isoOf, isoOrNull } from "../schemas/values.js";
import type { Serving } from "../serving/serving.js";
import { guarded, jsonAnswer, jsonBody, PROBLEMS } from "./route-parts.js";

const ADMIN = { tags: ["Keys"], ...guarded("admin") };

const postKeys = createRoute({
  ...ADMIN,
  method: "post",
  path: "/v1/keys",
  summary: "Make a key; it is told this once",
  request: { body: jsonBody(keyBodySchema) },
  responses: { 200: jsonAnswer(newKeySchema, "the key"), ...PROBLEMS },
});

const getKeys = createRoute({
  ...ADMIN,
  method: "get",
  path: "/v1/keys",
  summary: "Every key, without its secret",
  responses: { 200: jsonAnswer(keyListSchema, "the keys"), ...PROBLEMS },
});

const deleteKey = createRoute({
  ...ADMIN,
  method: "delete",
  path: "/v1/keys/{keyId}",
  summary: "Revoke a key; it dies within seconds everywhere",
  request: { params: z.object({ keyId: z.string().regex(/^[0-9a-f]{16}$/, "must be 16 hexadecimal digits") }) },
  responses: { 200: jsonAnswer(doneSchema, "revoked"), ...PROBLEMS },
});

/** Keys of the API. */
export function keyRoutes(app: OpenAPIHono<ApiEnv>, { store }: Serving) {
  return app
    .openapi(postKeys, async (c) => {
      const { name, scopes, expiresAt } = c.req.valid("json");
      const expiry = expiresAt === undefined ? {} : { expiresAt };
      const { key, secret } = await createApiKey(store, { name, scopes, ...expiry });
      return c.json({ keyId: key.keyId, key: secret }, 200);
    })
    .openapi(getKeys, async (c) => {
      const keys = await listApiKeys(store);
      const shown = keys.map(({ keyId, name, scopes, createdAt, expiresAt, revokedAt, lastUsedAt }) => ({
        keyId,
        name,
        scopes: [...scopes],
        createdAt: isoOf(createdAt),
        expiresAt: isoOrNull(expiresAt),
        revokedAt: isoOrNull(revokedAt),
        lastUsedAt: isoOrNull(lastUsedAt),
      }));
      return c.json({ keys: shown }, 200);
    })
    .openapi(deleteKey, async (c) => {
      const { keyId } = c.req.valid("param");
      if (!(await revokeApiKey(store, keyId))) throw new PlatformError("not-found", `there is no key ${keyId}.`);
      return c.json({ done: true as const }, 200);
    });
}
