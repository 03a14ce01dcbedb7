import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { eraseUser, getUsers, listUsers, mergeUsers, patchUsers, upsertUsers, type StoredUser } from "@sequitur/store";
import type { ApiEnv } from "../http/api-env.js";
import {
  erasureSchema,
  mergeBodySchema,
  mergedSchema,
  userBatchSchema,
  userBodySchema,
  userListQuerySchema,
  userListSchema,
  userNameSchema,
  userPatchSchema,
  userRowSchema,
  userSchema,
  writtenSchema,
} from "../schemas/catalog-schemas.js";
import { cursorOf, doneSchema, isoOf } from "../schemas/values.js";
import type { Serving } from "../serving/serving.js";
import { judgedRows, writtenOut } from "./judged-rows.js";
import { guarded, idParam, jsonAnswer, jsonBody, notThere, present, PROBLEMS } from "./route-parts.js";

const USERS = { ...guarded("catalog"), tags: ["Users"] };
const READ = { ...guarded("catalog", "read"), tags: ["Users"] };
const ERASURE =
  "Row, interactions, feature values, vectors and assignments go; requests that were answered stay without the user. " +
  "Models fitted before keep what they learned until the next fit, and no longer recognise the user. While the setting " +
  "keepErasedOut is on, events and imports that name the user later are refused; PUT lets them back.";

const listUsersRoute = createRoute({
  ...READ,
  method: "get",
  path: "/v1/users",
  summary: "List or search users, page by page",
  description: "text finds words of the texts among the attributes, and ids that begin with it.",
  request: { query: userListQuerySchema },
  responses: { 200: jsonAnswer(userListSchema, "one page"), ...PROBLEMS },
});

const postUsers = createRoute({
  ...USERS,
  method: "post",
  path: "/v1/users",
  summary: "Add, replace or change many users",
  request: { body: jsonBody(userBatchSchema) },
  responses: { 200: jsonAnswer(writtenSchema, "what became of the rows"), ...PROBLEMS },
});

const putUser = createRoute({
  ...USERS,
  method: "put",
  path: "/v1/users/{id}",
  summary: "Add a user or replace what is known of them",
  request: { params: idParam, body: jsonBody(userBodySchema) },
  responses: { 200: jsonAnswer(doneSchema, "written"), ...PROBLEMS },
});

const patchUser = createRoute({
  ...USERS,
  method: "patch",
  path: "/v1/users/{id}",
  summary: "Change some of what is known of a user",
  request: { params: idParam, body: jsonBody(userPatchSchema) },
  responses: { 200: jsonAnswer(doneSchema, "changed"), ...PROBLEMS },
});

const getUser = createRoute({
  ...READ,
  method: "get",
  path: "/v1/users/{id}",
  summary: "What is known of a user",
  request: { params: idParam },
  responses: { 200: jsonAnswer(userSchema, "the user"), ...PROBLEMS },
});

const deleteUser = createRoute({
  ...USERS,
  method: "delete",
  path: "/v1/users/{id}",
  summary: "Erase a user everywhere",
  description: ERASURE,
  request: { params: idParam },
  responses: { 200: jsonAnswer(erasureSchema, "what went"), ...PROBLEMS },
});

const postErase = createRoute({
  ...USERS,
  method: "post",
  path: "/v1/users/erase",
  summary: "Erase a user whose id no path can hold",
  description: ERASURE,
  request: { body: jsonBody(userNameSchema) },
  responses: { 200: jsonAnswer(erasureSchema, "what went"), ...PROBLEMS },
});

const postMerge = createRoute({
  ...USERS,
  method: "post",
  path: "/v1/users/merge",
  summary: "Give all that an anonymous user did to a known one",
  description:
    "Interactions and requests go over, attributes and arms of experiments where `into` has none; then `from` is removed. " +
    "Events that come under the old id later make it again: merge again.",
  request: { body: jsonBody(mergeBodySchema) },
  responses: { 200: jsonAnswer(mergedSchema, "what went over"), ...PROBLEMS },
});

/** Users: what is known of them, one by one and many at a time. */
export function userRoutes(app: OpenAPIHono<ApiEnv>, { store, settings, askers }: Serving) {
  const erase = async (userId: string) => {
    const removed = await eraseUser(store, userId, { keepOut: settings.keepErasedOut });
    if (removed === undefined) throw notThere("user", userId);
    const counts = Object.fromEntries(Object.entries(removed).map(([kind, rows]) => [kind, Number(rows)]));
    return { erased: true as const, removed: counts };
  };
  return app
    .openapi(listUsersRoute, async (c) => {
      const { cursor = 0, limit, text } = c.req.valid("query");
      const { rows, next } = await listUsers(store, { after: cursor, limit, ...present({ text }) });
      return c.json({ users: rows.map(userOut), nextCursor: next === undefined ? null : cursorOf(next) }, 200);
    })
    .openapi(postUsers, async (c) => {
      const { users, merge } = c.req.valid("json");
      const { rows, places, errors } = judgedRows(users, userRowSchema, "userId");
      const missing = merge ? new Set(await patchUsers(store, rows)) : new Set<string>();
      if (!merge && rows.length > 0) await upsertUsers(store, rows);
      askers.forget();
      rows.forEach(({ userId: id }, at) => {
        if (missing.has(id)) errors.push({ row: places[at]!, id, message: "there is no such user to change" });
      });
      return c.json(writtenOut(users.length - errors.length, errors), 200);
    })
    .openapi(postErase, async (c) => c.json(await erase(c.req.valid("json").userId), 200))
    .openapi(postMerge, async (c) => {
      const { from, into } = c.req.valid("json");
      const merged = await mergeUsers(store, from, into);
      if (merged === undefined) throw notThere("user", from);
      askers.forget();
      return c.json({ ...merged }, 200);
    })
    .openapi(putUser, async (c) => {
      await upsertUsers(store, [{ userId: c.req.valid("param").id, attributes: c.req.valid("json").attributes }]);
      askers.forget();
      return c.json({ done: true as const }, 200);
    })
    .openapi(patchUser, async (c) => {
      const { id } = c.req.valid("param");
      const missing = await patchUsers(store, [{ userId: id, attributes: c.req.valid("json").attributes }]);
      if (missing.length > 0) throw notThere("user", id);
      askers.forget();
      return c.json({ done: true as const }, 200);
    })
    .openapi(getUser, async (c) => {
      const { id } = c.req.valid("param");
      const user = (await getUsers(store, [id])).get(id);
      if (user === undefined) throw notThere("user", id);
      return c.json(userOut(user), 200);
    })
    .openapi(deleteUser, async (c) => c.json(await erase(c.req.valid("param").id), 200));
}

function userOut({ userId, attributes, createdAt, updatedAt }: StoredUser) {
  return { userId, attributes: { ...attributes }, createdAt: isoOf(createdAt), updatedAt: isoOf(updatedAt) };
}
