import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { PlatformError } from "@sequitur/core";
import {
  deleteItems,
  getItems,
  itemProblem,
  listItems,
  patchItems,
  upsertItems,
  type ItemPatch,
  type ItemRecord,
  type StoredItem,
} from "@sequitur/store";
import type { ApiEnv } from "../http/api-env.js";
import {
  deletedSchema,
  itemBatchSchema,
  itemBodySchema,
  itemListQuerySchema,
  itemListSchema,
  itemNamesSchema,
  itemPatchRowSchema,
  itemPatchSchema,
  itemRowSchema,
  itemSchema,
  writtenSchema,
  type ItemBody,
  type ItemPatchBody,
  type RowProblem,
} from "../schemas/catalog-schemas.js";
import { cursorOf, doneSchema, isoOf, isoOrNull } from "../schemas/values.js";
import type { Serving } from "../serving/serving.js";
import { judgedRows, writtenOut } from "./judged-rows.js";
import { guarded, idParam, jsonAnswer, jsonBody, notThere, present, PROBLEMS } from "./route-parts.js";

const ITEMS = { ...guarded("catalog"), tags: ["Items"] };
const READ = { ...guarded("catalog", "read"), tags: ["Items"] };
const STAYS = "Past interactions with it stay, so that histories remain readable.";

const listItemsRoute = createRoute({
  ...READ,
  method: "get",
  path: "/v1/items",
  summary: "List or search items, page by page",
  description: "text finds words of title, categories and texts, or the item of that id.",
  request: { query: itemListQuerySchema },
  responses: { 200: jsonAnswer(itemListSchema, "one page"), ...PROBLEMS },
});

const postItems = createRoute({
  ...ITEMS,
  method: "post",
  path: "/v1/items",
  summary: "Add, replace or change many items",
  description: "With merge, a row changes what it names; an item that is not there is made of it.",
  request: { body: jsonBody(itemBatchSchema) },
  responses: { 200: jsonAnswer(writtenSchema, "what became of the rows"), ...PROBLEMS },
});

const postDelete = createRoute({
  ...ITEMS,
  method: "post",
  path: "/v1/items/delete",
  summary: "Take many items out of every answer",
  description: STAYS,
  request: { body: jsonBody(itemNamesSchema) },
  responses: { 200: jsonAnswer(deletedSchema, "how many were there"), ...PROBLEMS },
});

const putItem = createRoute({
  ...ITEMS,
  method: "put",
  path: "/v1/items/{id}",
  summary: "Add an item or replace it whole",
  request: { params: idParam, body: jsonBody(itemBodySchema) },
  responses: { 200: jsonAnswer(doneSchema, "written"), ...PROBLEMS },
});

const patchItem = createRoute({
  ...ITEMS,
  method: "patch",
  path: "/v1/items/{id}",
  summary: "Change some of what is known of an item, hide it or show it again",
  request: { params: idParam, body: jsonBody(itemPatchSchema) },
  responses: { 200: jsonAnswer(doneSchema, "changed"), ...PROBLEMS },
});

const getItem = createRoute({
  ...READ,
  method: "get",
  path: "/v1/items/{id}",
  summary: "What is known of an item",
  request: { params: idParam },
  responses: { 200: jsonAnswer(itemSchema, "the item"), ...PROBLEMS },
});

const deleteItem = createRoute({
  ...ITEMS,
  method: "delete",
  path: "/v1/items/{id}",
  summary: "Take an item out of every answer",
  description: STAYS,
  request: { params: idParam },
  responses: { 200: jsonAnswer(doneSchema, "deleted"), ...PROBLEMS },
});

/** Items: what is known of them, one by one and many at a time. */
export function itemRoutes(app: OpenAPIHono<ApiEnv>, serving: Serving) {
  const { store } = serving;
  return app
    .openapi(listItemsRoute, async (c) => {
      const { cursor = 0, limit, text, category, all } = c.req.valid("query");
      const found = present({ text, category });
      const { rows, next } = await listItems(store, { after: cursor, limit, all: all === "true", ...found });
      return c.json({ items: rows.map(itemOut), nextCursor: next === undefined ? null : cursorOf(next) }, 200);
    })
    .openapi(postItems, async (c) => {
      const { items, merge } = c.req.valid("json");
      const errors = await (merge ? changeMany(serving, items) : replaceMany(serving, items));
      return c.json(writtenOut(items.length - errors.length, errors), 200);
    })
    .openapi(postDelete, async (c) => {
      const { itemIds } = c.req.valid("json");
      const deleted = await deleteItems(store, itemIds);
      await serving.refreshItems(itemIds);
      return c.json({ deleted }, 200);
    })
    .openapi(putItem, async (c) => {
      const { id } = c.req.valid("param");
      await upsertItems(store, [itemIn(id, c.req.valid("json"), store.now())]);
      await serving.refreshItems([id]);
      return c.json({ done: true as const }, 200);
    })
    .openapi(patchItem, async (c) => {
      const { id } = c.req.valid("param");
      const [result] = await patchItems(store, [patchIn(id, c.req.valid("json"), store.now())]);
      if (result?.status === "missing") throw notThere("item", id);
      if (result?.status === "rejected") throw new PlatformError("bad-data", result.message);
      await serving.refreshItems([id]);
      return c.json({ done: true as const }, 200);
    })
    .openapi(getItem, async (c) => {
      const { id } = c.req.valid("param");
      const item = (await getItems(store, [id])).get(id);
      if (item === undefined || item.deletedAt !== undefined) throw notThere("item", id);
      return c.json(itemOut(item), 200);
    })
    .openapi(deleteItem, async (c) => {
      const { id } = c.req.valid("param");
      if ((await deleteItems(store, [id])) === 0) throw notThere("item", id);
      await serving.refreshItems([id]);
      return c.json({ done: true as const }, 200);
    });
}

async function replaceMany(serving: Serving, given: readonly unknown[]): Promise<RowProblem[]> {
  const { rows, places, errors } = judgedRows(given, itemRowSchema, "itemId");
  const now = serving.store.now();
  const items = rows.map(({ itemId, ...body }) => itemIn(itemId, body, now));
  const good = items.filter((item, at) => {
    const message = itemProblem(item);
    if (message !== undefined) errors.push({ row: places[at]!, id: item.itemId, message });
    return message === undefined;
  });
  await upsertItems(serving.store, good);
  await serving.refreshItems(good.map(({ itemId }) => itemId));
  return errors;
}

async function changeMany(serving: Serving, given: readonly unknown[]): Promise<RowProblem[]> {
  const { rows, places, errors } = judgedRows(given, itemPatchRowSchema, "itemId");
  const now = serving.store.now();
  const patches = rows.map(({ itemId, ...body }) => patchIn(itemId, body, now));
  const results = await patchItems(serving.store, patches, { create: true });
  results.forEach((result, at) => {
    if (result.status !== "rejected") return;
    errors.push({ row: places[at]!, id: patches[at]!.itemId, message: result.message });
  });
  await serving.refreshItems(patches.map(({ itemId }) => itemId));
  return errors;
}

function itemIn(itemId: string, { timeToLiveSeconds, ...body }: ItemBody, now: number): ItemRecord {
  return { itemId, ...present(body), ...endOf(timeToLiveSeconds, now) };
}

function patchIn(itemId: string, { timeToLiveSeconds, ...body }: ItemPatchBody, now: number): ItemPatch {
  return { itemId, ...(body as Omit<ItemPatch, "itemId">), ...endOf(timeToLiveSeconds, now) };
}

function endOf(seconds: number | undefined, now: number): { readonly availableUntil?: number } {
  return seconds === undefined ? {} : { availableUntil: now + seconds * 1000 };
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
    availableFrom: isoOrNull(item.availableFrom),
    availableUntil: isoOrNull(item.availableUntil),
    hidden: item.hidden === true,
    inCatalog: item.inCatalog,
    deleted: item.deletedAt !== undefined,
    createdAt: isoOf(item.createdAt),
    updatedAt: isoOf(item.updatedAt),
  };
}
