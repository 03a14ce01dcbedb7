import { z } from "@hono/zod-openapi";
import { isTimeZone } from "@sequitur/data";
import {
  attributesSchema,
  idSchema,
  instantOutSchema,
  instantSchema,
  latitudeSchema,
  longitudeSchema,
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
};

interface Window {
  readonly availableFrom?: number | undefined;
  readonly availableUntil?: number | undefined;
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
}
const located = (item: Window): boolean => (item.latitude === undefined) === (item.longitude === undefined);
const ordered = ({ availableFrom = -Infinity, availableUntil = Infinity }: Window): boolean =>
  availableFrom < availableUntil;
const LOCATED = { message: "latitude and longitude go together", path: ["latitude"] };
const ORDERED = { message: "availableUntil must lie after availableFrom", path: ["availableUntil"] };

export const itemBodySchema = objectOf(itemFields)
  .refine(located, LOCATED)
  .refine(ordered, ORDERED)
  .openapi("ItemBody");
export type ItemBody = z.infer<typeof itemBodySchema>;

export const itemBatchSchema = objectOf({
  items: z
    .array(
      objectOf({ itemId: idSchema, ...itemFields })
        .refine(located, LOCATED)
        .refine(ordered, ORDERED),
    )
    .min(1)
    .max(1_000),
}).openapi("ItemBatch");

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
    createdAt: instantOutSchema,
    updatedAt: instantOutSchema,
  })
  .openapi("Item");

export const writtenSchema = z.object({ written: z.int() }).openapi("Written");
