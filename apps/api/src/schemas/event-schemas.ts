import { z } from "@hono/zod-openapi";
import {
  idSchema,
  storedIdSchema,
  instantSchema,
  latitudeSchema,
  longitudeSchema,
  utcOffsetSchema,
  objectOf,
} from "./values.js";

export const MOST_EVENTS = 5_000;

export const kindSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,63}$/, "must be a lower-case word")
  .openapi({ description: "what happened", example: "visit" });

export const weightSchema = z.number().min(-1e9).max(1e9).openapi({
  description: "stars, counts, seconds, read by the signals of the kind; below 0: not wanted",
});

/** One interaction as it happened. */
export const eventSchema = objectOf({
  eventId: idSchema.openapi({
    description: "chosen by the sender; the same id again changes nothing",
    example: "e1",
  }),
  userId: idSchema.openapi({ example: "ada" }),
  itemId: idSchema.openapi({ example: "cafe-7" }),
  time: instantSchema.optional().openapi({ description: "when it happened; the time of arrival when absent" }),
  kind: kindSchema.optional().openapi({ description: 'default "visit"' }),
  weight: weightSchema.optional(),
  latitude: latitudeSchema.optional(),
  longitude: longitudeSchema.optional(),
  utcOffsetMinutes: utcOffsetSchema.optional(),
}).openapi("Event");
export type EventIn = z.infer<typeof eventSchema>;

/** A batch whose rows are judged one by one: a bad row never spoils its neighbours. */
export const eventBatchSchema = objectOf({
  events: z
    .array(z.unknown())
    .min(1)
    .max(MOST_EVENTS)
    .openapi({
      type: "array",
      items: { $ref: "#/components/schemas/Event" },
      description: "rows are judged one by one",
    }),
}).openapi("EventBatch");

const rowErrorSchema = z
  .object({
    row: z.int().openapi({ description: "place in the batch, from 0" }),
    eventId: z.string().optional(),
    message: z.string(),
  })
  .openapi("RowError");
export type RowError = z.infer<typeof rowErrorSchema>;

export const eventBatchResultSchema = z
  .object({
    accepted: z.int().openapi({ description: "new rows, committed before this answer was sent" }),
    duplicates: z.int().openapi({ description: "rows whose eventId was known" }),
    rejected: z.int(),
    errors: z.array(rowErrorSchema).openapi({ description: "one for each rejected row" }),
  })
  .openapi("EventBatchResult");

/** A reaction to something that was shown. */
export const feedbackSchema = objectOf({
  feedbackId: idSchema.optional().openapi({ description: "chosen by the sender; the same id again changes nothing" }),
  requestId: z.uuid().openapi({ description: "of the answer that showed the item" }),
  itemId: idSchema.optional().openapi({ description: 'the item; left out with kind "none"' }),
  kind: kindSchema.openapi({ example: "click", description: '"none": nothing of the slate was chosen' }),
  value: z.number().min(-1e9).max(1e9).default(1).openapi({ description: "the reward" }),
  time: instantSchema.optional(),
}).openapi("Feedback");
export type FeedbackIn = z.infer<typeof feedbackSchema>;

export const feedbackBatchSchema = objectOf({ feedback: z.array(feedbackSchema).min(1).max(1_000) }).openapi(
  "FeedbackBatch",
);

export const feedbackResultSchema = z
  .object({
    accepted: z.int(),
    duplicates: z.int(),
    rejected: z.int(),
    errors: z.array(z.object({ row: z.int(), message: z.string() })),
  })
  .openapi("FeedbackResult");

/** Which events of a user are to go. */
export const eventChoiceSchema = objectOf({
  userId: storedIdSchema,
  eventId: storedIdSchema.optional(),
  itemId: storedIdSchema.optional(),
  kind: kindSchema.optional(),
})
  .refine(({ eventId, itemId, kind }) => (eventId ?? itemId ?? kind) !== undefined, {
    message: "must name an eventId, itemId or kind; POST /v1/users/erase takes a whole user",
  })
  .openapi("EventChoice", { description: "all that is given must hold" });
export const eventDeletionSchema = objectOf({ events: z.array(eventChoiceSchema).min(1).max(1_000) }).openapi(
  "EventDeletion",
);
export const eventsDeletedSchema = z
  .object({ deleted: z.int(), rows: z.array(z.int()).openapi({ description: "how many went, one number a row" }) })
  .openapi("EventsDeleted");
