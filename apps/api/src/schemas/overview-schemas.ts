import { z } from "@hono/zod-openapi";
import { slotSchema } from "./admin-schemas.js";
import { instantOutSchema } from "./values.js";

const rateSchema = z
  .object({
    share: z.number(),
    low: z.number().nullable().openapi({ description: "95 % interval, users as units; null below two of them" }),
    high: z.number().nullable(),
  })
  .openapi("Rate");

const periodSchema = z
  .object({
    requests: z.int(),
    askers: z.int().openapi({ description: "users, and requests without one" }),
    responded: rateSchema.nullable().openapi({
      description: "share of the requests with a click, visit or purchase; null without requests",
    }),
  })
  .openapi("Period");

export const adviceSchema = z
  .object({
    mood: z.enum(["good", "info", "warn", "bad"]),
    title: z.string(),
    text: z.string(),
    command: z.string().optional().openapi({ description: "a line to type" }),
    page: z.enum(["ask", "models"]).optional().openapi({ description: "a page of the dashboard" }),
  })
  .openapi("Advice");
export type Advice = z.infer<typeof adviceSchema>;

export const overviewSchema = z
  .object({
    now: instantOutSchema,
    startedAt: instantOutSchema.openapi({ description: "of this server: what it counts in memory is since then" }),
    advice: z.array(adviceSchema).openapi({ description: "what to do next, the most urgent first; never empty" }),
    slots: z
      .array(
        z.object({
          slot: slotSchema,
          active: z.int().nullable(),
          serving: z.int().nullable().openapi({ description: "differs from active where that cannot be loaded" }),
        }),
      )
      .openapi({ description: "in the order in which they are asked" }),
    broken: z.array(z.string()),
    day: periodSchema.openapi({ description: "the last 24 hours" }),
    dayBefore: periodSchema,
    hours: z.array(
      z.object({ at: instantOutSchema, requests: z.int(), responded: z.int() }).openapi({ description: "30 minutes" }),
    ),
    catalogue: z.object({
      items: z.int(),
      shown: z.int().openapi({ description: "different items that were shown in the last 24 hours" }),
      newShare: z.number().nullable().openapi({
        description: "share of the shown positions with items that the serving model has not met in training",
      }),
    }),
    process: z.object({
      answers: z.int(),
      fallbackShare: z.number().nullable().openapi({ description: "answers whose first stage is not the model" }),
      answersBy: z.record(z.string(), z.int()),
      p50Seconds: z.number().nullable(),
      p99Seconds: z.number().nullable(),
      errorShare: z.number().nullable().openapi({ description: "share of all requests with a status of 500 or more" }),
    }),
    newestEvent: instantOutSchema.nullable(),
    someUsers: z.array(z.string()).openapi({ description: "users to look at" }),
    someItems: z.array(z.string()),
  })
  .openapi("Overview");
export type Overview = z.infer<typeof overviewSchema>;
