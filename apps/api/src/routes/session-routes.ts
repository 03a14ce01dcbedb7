import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { openSession, revokeApiKey, verifyApiKey } from "@sequitur/store";
import type { ApiEnv } from "../http/api-env.js";
import { HttpProblem } from "../http/problem.js";
import { csrfTokenOf, forgetSession, readSession, writeSession } from "../http/session-cookie.js";
import { sessionBodySchema, sessionSchema } from "../schemas/session-schemas.js";
import { doneSchema } from "../schemas/values.js";
import type { Serving } from "../serving/serving.js";
import { jsonAnswer, jsonBody, PROBLEMS } from "./route-parts.js";

/** A working day. */
const LIFE_MS = 12 * 3_600_000;
const SESSION = { path: "/session" as const, tags: ["Sessions"] };

const postSession = createRoute({
  ...SESSION,
  method: "post",
  summary: "Sign a browser in with a key",
  description: "Sets a cookie that scripts cannot read. Revoking the key ends its sessions.",
  request: { body: jsonBody(sessionBodySchema) },
  responses: { 200: jsonAnswer(sessionSchema, "the session"), ...PROBLEMS },
});

const getSession = createRoute({
  ...SESSION,
  method: "get",
  summary: "Who is signed in",
  responses: { 200: jsonAnswer(sessionSchema, "the session"), ...PROBLEMS },
});

const deleteSession = createRoute({
  ...SESSION,
  method: "delete",
  summary: "Sign out",
  responses: { 200: jsonAnswer(doneSchema, "signed out"), ...PROBLEMS },
});

/** Sessions of browsers. */
export function sessionRoutes(app: OpenAPIHono<ApiEnv>, { store }: Serving) {
  return app
    .openapi(postSession, async (c) => {
      const opener = await verifyApiKey(store, c.req.valid("json").key);
      if (opener === undefined) throw new HttpProblem("unauthenticated", "this key is not known, revoked or expired.");
      const { key, secret } = await openSession(store, opener, LIFE_MS);
      writeSession(c, secret, Math.floor((key.expiresAt! - store.now()) / 1000));
      return c.json(sessionOut(key.scopes, secret), 200);
    })
    .openapi(getSession, (c) => {
      const secret = readSession(c);
      const principal = c.get("principal");
      if (secret === undefined || principal === undefined) throw new HttpProblem("unauthenticated", "not signed in.");
      return c.json(sessionOut([...principal.scopes], secret), 200);
    })
    .openapi(deleteSession, async (c) => {
      const principal = c.get("principal");
      if (readSession(c) !== undefined && principal !== undefined) await revokeApiKey(store, principal.keyId);
      forgetSession(c);
      return c.json({ done: true as const }, 200);
    });
}

function sessionOut(scopes: readonly string[], secret: string) {
  return { scopes: [...scopes], csrfToken: csrfTokenOf(secret) };
}
