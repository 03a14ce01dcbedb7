import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { PlatformError } from "@sequitur/core";
import {
  deleteItems,
  eraseUser,
  getItems,
  getUsers,
  upsertItems,
  upsertUsers,
  type ItemRecord,
  type StoredItem,
  type StoredUser,
} from "@sequitur/store";
import { randomUUID } from "node:crypto";
import type { ApiEnv } from "../http/api-env.js";
import { requireScope } from "../http/authentication.js";
import {
  erasureSchema,
  itemBatchSchema,
  itemBodySchema,
  itemSchema,
  userBodySchema,
  userSchema,
  writtenSchema,
  type ItemBody,
} from "../schemas/catalog-schemas.js";
import { recommendationSchema } from "../schemas/recommendation-schemas.js";
import { doneSchema, idSchema } from "../schemas/values.js";
import { recommendationOf } from "../serving/answer.js";
import type { Serving } from "../serving/serving.js";
import { similarItems } from "../serving/similar-items.js";
import { jsonAnswer, jsonBody, PROBLEMS, SECURITY } from "./route-parts.js";

const idParam = z.object({ id: idSchema.openapi({ param: { name: "id", in: "path" } }) });
const CATALOG = { security: SECURITY, middleware: requireScope("catalog") };
const USER = { ...CATALOG, path: "/v1/users/{id}" as const, tags: ["Users"] };
const ITEM = { ...CATALOG, path: "/v1/items/{id}" as const, tags: ["Items"] };

const putUser = createRoute({
  ...USER,
  method: "put",
  summary: "Add a user or replace what is known of them",
  request: { params: idParam, body: jsonBody(userBodySchema) },
  responses: { 200: jsonAnswer(doneSchema, "written"), ...PROBLEMS },
});

const getUser = createRoute({
  ...USER,
  method: "get",
  summary: "What is known of a user",
  request: { params: idParam },
  responses: { 200: jsonAnswer(userSchema, "the user"), ...PROBLEMS },
});

const deleteUser = createRoute({
  ...USER,
  method: "delete",
  summary: "Erase a user everywhere",
  description:
    "Row, interactions, feature values, vectors and assignments go; requests that were answered stay without the user. Models fitted before keep what they learned until the next fit, and no longer recognise the user.",
  request: { params: idParam },
  responses: { 200: jsonAnswer(erasureSchema, "what went"), ...PROBLEMS },
});

const putItem = createRoute({
  ...ITEM,
  method: "put",
  summary: "Add an item or replace it whole",
  request: { params: idParam, body: jsonBody(itemBodySchema) },
  responses: { 200: jsonAnswer(doneSchema, "written"), ...PROBLEMS },
});

const postItems = createRoute({
  ...CATALOG,
  method: "post",
  path: "/v1/items",
  tags: ["Items"],
  summary: "Add or replace many items",
  request: { body: jsonBody(itemBatchSchema) },
  responses: { 200: jsonAnswer(writtenSchema, "written"), ...PROBLEMS },
});

const getItem = createRoute({
  ...ITEM,
  method: "get",
  summary: "What is known of an item",
  request: { params: idParam },
  responses: { 200: jsonAnswer(itemSchema, "the item"), ...PROBLEMS },
});

const deleteItem = createRoute({
  ...ITEM,
  method: "delete",
  summary: "Take an item out of every answer",
  description: "Past interactions with it stay, so that histories remain readable.",
  request: { params: idParam },
  responses: { 200: jsonAnswer(doneSchema, "deleted"), ...PROBLEMS },
});

const getSimilar = createRoute({
  method: "get",
  path: "/v1/items/{id}/similar",
  tags: ["Recommendations"],
  summary: "Items like this one",
  security: SECURITY,
  middleware: requireScope("serve"),
  request: { params: idParam, query: z.object({ k: z.coerce.number().int().min(1).max(200).default(10) }) },
  responses: { 200: jsonAnswer(recommendationSchema, "items, most similar first; not recorded"), ...PROBLEMS },
});

/** Users, items and similar items. */
export function catalogRoutes(app: OpenAPIHono<ApiEnv>, serving: Serving) {
  return itemRoutes(userRoutes(app, serving), serving);
}

function userRoutes(app: OpenAPIHono<ApiEnv>, serving: Serving) {
  const { store } = serving;
  return app
    .openapi(putUser, async (c) => {
      await upsertUsers(store, [{ userId: c.req.valid("param").id, attributes: c.req.valid("json").attributes }]);
      return c.json({ done: true as const }, 200);
    })
    .openapi(getUser, async (c) => {
      const { id } = c.req.valid("param");
      const user = (await getUsers(store, [id])).get(id);
      if (user === undefined) throw notFound("user", id);
      return c.json(userOut(user), 200);
    })
    .openapi(deleteUser, async (c) => {
      const { id } = c.req.valid("param");
      const removed = await eraseUser(store, id);
      if (removed === undefined) throw notFound("user", id);
      const counts = Object.fromEntries(Object.entries(removed).map(([kind, rows]) => [kind, Number(rows)]));
      return c.json({ erased: true as const, removed: counts }, 200);
    });
}

function itemRoutes(app: ReturnType<typeof userRoutes>, serving: Serving) {
  const { store } = serving;
  /** Takes items over at once, so that this process serves what it has just acknowledged. */
  const refresh = async (ids: readonly string[]): Promise<void> => {
    for (const item of (await getItems(store, ids)).values()) serving.items.take(item);
  };
  return app
    .openapi(putItem, async (c) => {
      const { id } = c.req.valid("param");
      await upsertItems(store, [itemIn(id, c.req.valid("json"))]);
      await refresh([id]);
      return c.json({ done: true as const }, 200);
    })
    .openapi(postItems, async (c) => {
      const items = c.req.valid("json").items.map(({ itemId, ...body }) => itemIn(itemId, body));
      await upsertItems(store, items);
      await refresh(items.map(({ itemId }) => itemId));
      return c.json({ written: items.length }, 200);
    })
    .openapi(getItem, async (c) => {
      const { id } = c.req.valid("param");
      const item = (await getItems(store, [id])).get(id);
      if (item === undefined || item.deletedAt !== undefined) throw notFound("item", id);
      return c.json(itemOut(item), 200);
    })
    .openapi(deleteItem, async (c) => {
      const { id } = c.req.valid("param");
      if ((await deleteItems(store, [id])) === 0) throw notFound("item", id);
      await refresh([id]);
      return c.json({ done: true as const }, 200);
    })
    .openapi(getSimilar, async (c) => {
      const { id } = c.req.valid("param");
      if (serving.items.directory.indexOf(id) < 0) throw notFound("item", id);
      const { question, found } = similarItems(serving, id, c.req.valid("query").k);
      return c.json(recommendationOf(serving, question, found, randomUUID()), 200);
    });
}

function notFound(kind: string, id: string): PlatformError {
  return new PlatformError("not-found", `there is no ${kind} ${JSON.stringify(id)}.`);
}

function userOut({ userId, attributes, createdAt, updatedAt }: StoredUser) {
  return { userId, attributes: { ...attributes }, createdAt: iso(createdAt), updatedAt: iso(updatedAt) };
}

function itemIn(itemId: string, body: ItemBody): ItemRecord {
  const given = Object.entries(body).filter(([, value]) => value !== undefined);
  return { itemId, ...(Object.fromEntries(given) as Omit<ItemRecord, "itemId">) };
}

function itemOut(item: StoredItem) {
  return {
    itemId: item.itemId,
    title: item.title ?? "",
    categories: [...(item.categories ?? [])],
    texts: { ...item.texts },
    attributes: { ...item.attributes },
    latitude: item.latitude ?? null,
    longitude: item.longitude ?? null,
    openingHours: item.openingHours ?? "",
    timeZone: item.timeZone ?? "",
    availableFrom: item.availableFrom === undefined ? null : iso(item.availableFrom),
    availableUntil: item.availableUntil === undefined ? null : iso(item.availableUntil),
    createdAt: iso(item.createdAt),
    updatedAt: iso(item.updatedAt),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
