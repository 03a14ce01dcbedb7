import { z } from "@hono/zod-openapi";
import { slateRequestSchema, slateSchema } from "./recommendation-schemas.js";
import { idSchema, instantOutSchema, instantSchema, objectOf } from "./values.js";

export const previewRequestSchema = objectOf({
  ask: slateRequestSchema,
  versionId: z
    .int()
    .positive()
    .max(2_147_483_647)
    .optional()
    .openapi({ description: "a model version to ask in the place of the active one" }),
  change: objectOf({
    without: z
      .array(objectOf({ itemId: idSchema, time: instantSchema }))
      .max(1_000)
      .default([])
      .openapi({ description: "events that are taken as not having happened" }),
    add: z.array(idSchema).max(100).default([]).openapi({ description: "items as if chosen just now, oldest first" }),
  })
    .optional()
    .openapi({ description: "another history; the asker is then a session, as models know users by their real one" }),
}).openapi("PreviewRequest");
export type PreviewRequest = z.infer<typeof previewRequestSchema>;

export const previewSchema = z
  .object({
    slate: slateSchema,
    steps: z
      .array(
        z.object({
          step: z.enum(["catalogue", "filter", "unwanted", "model", "pool", "shown"]),
          items: z.int().openapi({ description: "how many are left after this step" }),
        }),
      )
      .openapi({
        description: "from the whole catalogue to what is shown; no model and pool where no model was asked",
      }),
    history: z
      .array(
        z.object({
          itemId: z.string(),
          title: z.string(),
          time: instantOutSchema,
          role: z.enum(["positive", "negative", "exposure"]),
          value: z.number(),
        }),
      )
      .openapi({ description: "what the answer was given by, oldest first" }),
    knownUser: z.boolean().openapi({ description: "whether the store has the user's history" }),
    tookMs: z.number().openapi({ description: "ms to rank and draw in memory" }),
  })
  .openapi("Preview");
export type Preview = z.infer<typeof previewSchema>;
