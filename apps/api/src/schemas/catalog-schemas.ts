import { z } from "@hono/zod-openapi";
import { isTimeZone } from "@sequitur/data";
import {
  attributesSchema,
  cursorSchema,
  idSchema,
  instantOutSchema,
  instantSchema,
  latitudeSchema,
  longitudeSchema,
  nextCursorSchema,
  storedIdSchema,
  textSchema,
  objectOf,
} from "./values.js";

export const userBodySchema = objectOf({ attributes: attributesSchema.default({}) }).openapi("UserBody");

export const userSchema = z
  .object({
    userId: z.string(),
    attributes: attributesSchema,
    createdAt: instantOutSchema,
    updatedAt: instantOutSchema,
  })
  .openapi("User");

export const erasureSchema = z
  .object({
    erased: z.literal(true),
    removed: z.record(z.string(), z.int()).openapi({ description: "rows that went or were made anonymous, by kind" }),
  })
  .openapi("Erasure");

const itemFields = {
  title: textSchema.max(1_000).default(""),
  categories: z.array(textSchema.min(1).max(200)).max(50).default([]).openapi({ description: "most specific last" }),
  texts: z.record(z.string().max(200), textSchema).default({}).openapi({ description: "named texts" }),
  attributes: attributesSchema.default({}),
  latitude: latitudeSchema.optional(),
  longitude: longitudeSchema.optional(),
  openingHours: textSchema.max(1_000).default("").openapi({
    description: "OSM opening_hours, local time; what cannot be read counts as unknown",
    example: "Mo-Fr 08:00-18:00; Sa 09:00-13:00",
  }),
  timeZone: z
    .string()
    .max(100)
    .refine((name) => name === "" || isTimeZone(name), "must be an IANA time zone")
    .default("")
    .openapi({ example: "Europe/Berlin" }),
  availableFrom: instantSchema.optional(),
  availableUntil: instantSchema.optional(),
  timeToLiveSeconds: z
    .number()
    .positive()
    .max(100 * 365 * 86_400)
    .optional()
    .openapi({ description: "in place of availableUntil: so long from now" }),
  hidden: z.boolean().default(false).openapi({ description: "kept and trained on, but not recommended" }),
};

interface Window {
  readonly availableFrom?: number | undefined;
  readonly availableUntil?: number | undefined;
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
  readonly timeToLiveSeconds?: number | undefined;
}
const located = (item: Window): boolean => (item.latitude === undefined) === (item.longitude === undefined);
const ordered = ({ availableFrom = -Infinity, availableUntil = Infinity }: Window): boolean =>
  availableFrom < availableUntil;
const LOCATED = { message: "latitude and longitude go together", path: ["latitude"] };
const ORDERED = { message: "availableUntil must lie after availableFrom", path: ["availableUntil"] };

const ENDS_ONCE = { message: "give availableUntil or timeToLiveSeconds, not both", path: ["timeToLiveSeconds"] };
const endsOnce = ({ availableUntil, timeToLiveSeconds }: Window): boolean =>
  availableUntil === undefined || timeToLiveSeconds === undefined;

export const itemBodySchema = objectOf(itemFields)
  .refine(located, LOCATED)
  .refine(ordered, ORDERED)
  .refine(endsOnce, ENDS_ONCE)
  .openapi("ItemBody");
export type ItemBody = z.infer<typeof itemBodySchema>;

/** One row of a batch of items. */
export const itemRowSchema = objectOf({ itemId: idSchema, ...itemFields })
  .refine(located, LOCATED)
  .refine(ordered, ORDERED)
  .refine(endsOnce, ENDS_ONCE)
  .openapi("ItemRow");

const patchFields = {
  title: itemFields.title.unwrap().nullish(),
  categories: itemFields.categories.unwrap().nullish(),
  texts: z.record(z.string().max(200), textSchema.nullable()).nullish(),
  attributes: attributesSchema.nullish(),
  latitude: latitudeSchema.nullish(),
  longitude: longitudeSchema.nullish(),
  openingHours: itemFields.openingHours.unwrap().nullish(),
  timeZone: itemFields.timeZone.unwrap().nullish(),
  availableFrom: instantSchema.nullish(),
  availableUntil: instantSchema.nullish(),
  timeToLiveSeconds: itemFields.timeToLiveSeconds,
  hidden: z.boolean().optional(),
};

const PATCH = "what is left out stays, null forgets; attributes and texts change name by name";

export const itemPatchSchema = objectOf(patchFields).openapi("ItemPatch", { description: PATCH });
export type ItemPatchBody = z.infer<typeof itemPatchSchema>;

/** One row of a batch of changes. */
export const itemPatchRowSchema = objectOf({ itemId: idSchema, ...patchFields }).openapi("ItemPatchRow", {
  description: PATCH,
});

const MOST_ROWS = 1_000;
const rowsOf = (...names: readonly string[]) =>
  z
    .array(z.unknown())
    .min(1)
    .max(MOST_ROWS)
    .openapi({
      type: "array",
      items: names.length === 1 ? refTo(names[0]!) : { oneOf: names.map(refTo) },
      description: "rows are judged one by one",
    });
const refTo = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const mergeFlag = z
  .boolean()
  .default(false)
  .openapi({ description: "change what a row names and leave the rest, in place of replacing the whole" });

export const itemBatchSchema = objectOf({ items: rowsOf("ItemRow", "ItemPatchRow"), merge: mergeFlag }).openapi(
  "ItemBatch",
);

/** One row of a batch of users. */
export const userRowSchema = objectOf({ userId: idSchema, attributes: attributesSchema.default({}) }).openapi(
  "UserRow",
);
export const userBatchSchema = objectOf({ users: rowsOf("UserRow"), merge: mergeFlag }).openapi("UserBatch");

export const userPatchSchema = objectOf({ attributes: attributesSchema }).openapi("UserPatch", {
  description: "attributes change name by name, null takes one out",
});

export const userNameSchema = objectOf({ userId: storedIdSchema }).openapi("UserName");
export const mergeBodySchema = objectOf({
  from: storedIdSchema.openapi({ description: "the anonymous one, who goes", example: "visitor-17" }),
  into: storedIdSchema.openapi({ description: "who stays", example: "ann" }),
}).openapi("UserMerge");
export const mergedSchema = z
  .object({ interactions: z.int(), requests: z.int() })
  .openapi("MergedUsers", { description: "rows that went over" });

export const itemNamesSchema = objectOf({ itemIds: z.array(storedIdSchema).min(1).max(MOST_ROWS) }).openapi(
  "ItemNames",
);
export const deletedSchema = z.object({ deleted: z.int() }).openapi("Deleted");

const pageFields = {
  cursor: cursorSchema.optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  text: textSchema.min(1).max(200).optional().openapi({ description: "words to find, as in a web search" }),
};
export const userListQuerySchema = z.strictObject(pageFields);
export const itemListQuerySchema = z.strictObject({
  ...pageFields,
  category: textSchema.min(1).max(200).optional(),
  all: z
    .enum(["true", "false"])
    .default("false")
    .openapi({ description: "true: also what is deleted or only named by events" }),
});

export const itemSchema = z
  .object({
    itemId: z.string(),
    title: z.string(),
    categories: z.array(z.string()),
    texts: z.record(z.string(), z.string()),
    attributes: attributesSchema,
    latitude: z.number().nullable(),
    longitude: z.number().nullable(),
    openingHours: z.string(),
    timeZone: z.string(),
    availableFrom: instantOutSchema.nullable(),
    availableUntil: instantOutSchema.nullable(),
    hidden: z.boolean(),
    inCatalog: z.boolean().openapi({ description: "false: only events name it" }),
    deleted: z.boolean(),
    createdAt: instantOutSchema,
    updatedAt: instantOutSchema,
  })
  .openapi("Item");

export const itemListSchema = z
  .object({ items: z.array(itemSchema), nextCursor: nextCursorSchema })
  .openapi("ItemList");
export const userListSchema = z
  .object({ users: z.array(userSchema), nextCursor: nextCursorSchema })
  .openapi("UserList");

const rowProblemSchema = z
  .object({
    row: z.int().openapi({ description: "place in the batch, from 0" }),
    id: z.string().optional(),
    message: z.string(),
  })
  .openapi("RowProblem");
export type RowProblem = z.infer<typeof rowProblemSchema>;
export const writtenSchema = z
  .object({
    written: z.int(),
    rejected: z.int(),
    errors: z.array(rowProblemSchema).openapi({ description: "one for each rejected row" }),
  })
  .openapi("Written");
