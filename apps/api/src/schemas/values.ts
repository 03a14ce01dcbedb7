import { z } from "@hono/zod-openapi";
import { isStorableText } from "../http/body-guard.js";

const storable = (text: string): boolean => isStorableText(text);
const WHY_NOT = "must not hold NUL characters or half surrogate pairs";

/** An id as the outside world uses it. */
export const idSchema = z.string().min(1).max(200).refine(storable, WHY_NOT);

/** Any id that can be stored, for bodies: a path holds shorter ones, and none with a dot alone. */
export const storedIdSchema = z.string().min(1).max(512).refine(storable, WHY_NOT);
/** A name of ours: models, arms, policies. */
export const nameSchema = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "must be lower-case letters, digits, . _ -");

export const textSchema = z.string().max(10_000).refine(storable, WHY_NOT);

/** Seconds and microseconds of these years are no ms of these years, so that a wrong unit is always seen. */
const FIRST_MS = Date.UTC(1990);
const LAST_MS = Date.UTC(2200);
const UNITS = [
  ["seconds", 1_000],
  ["microseconds", 1e-3],
  ["nanoseconds", 1e-6],
] as const;

function isPlausible(ms: number): boolean {
  return ms >= FIRST_MS && ms < LAST_MS;
}

function whyNoInstant(ms: number): string {
  const meant = UNITS.find(([, factor]) => isPlausible(ms * factor));
  const hint = meant && `; ${ms} looks like ${meant[0]} (${new Date(ms * meant[1]).toISOString()}): send milliseconds`;
  return `must be an instant of the years 1990 to 2199 in ms since the epoch${hint ?? ""}`;
}

/** An instant: ms since the epoch (UTC) or ISO 8601 with an offset; becomes ms. */
export const instantSchema = z
  .union([z.number(), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))])
  .refine(isPlausible, { error: ({ input }) => whyNoInstant(input as number) })
  .openapi({
    description: "ms since the epoch, UTC, or ISO 8601 with an offset; of the years 1990 to 2199",
    example: "2026-05-01T12:00:00Z",
  });

/** An instant in an answer. */
export const instantOutSchema = z
  .string()
  .openapi({ description: "ISO 8601, UTC", example: "2026-05-01T12:00:00.000Z" });

/** An instant as answers show it. */
export function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** The same where there may be none. */
export function isoOrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : isoOf(ms);
}

export const latitudeSchema = z.number().min(-90).max(90).openapi({ description: "WGS84 degrees" });
export const longitudeSchema = z.number().min(-180).max(180).openapi({ description: "WGS84 degrees" });
export const utcOffsetSchema = z
  .int()
  .min(-840)
  .max(840)
  .openapi({ description: "minutes east of UTC on the user's clock" });

/** Free JSON of the caller, kept as it is. */
export const attributesSchema = z.record(z.string().max(200), z.unknown());

/** Where the next page begins, as the page before said it; becomes the key of the last row shown. */
export const cursorSchema = z
  .string()
  .max(40)
  .transform((text, context) => {
    const key = Number(Buffer.from(text, "base64url").toString("latin1"));
    if (Number.isInteger(key) && key >= 0 && key <= 2_147_483_647 && cursorOf(key) === text) return key;
    context.issues.push({ code: "custom", message: "must be the nextCursor of an answer", input: text });
    return z.NEVER;
  })
  .openapi({ type: "string", description: "nextCursor of the page before" });

export function cursorOf(key: number): string {
  return Buffer.from(String(key), "latin1").toString("base64url");
}

export const nextCursorSchema = z
  .string()
  .nullable()
  .openapi({ description: "ask with it for the next page; null: this is the last" });

/** What an answer carries when there is nothing else to say. */
export const doneSchema = z.object({ done: z.literal(true) }).openapi("Done");

/** An object without other keys; one that has some is told which are known. */
export function objectOf<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `unknown key ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}: known keys are ${known}`
        : undefined,
  });
}
