import { z } from "@hono/zod-openapi";
import { objectOf, textSchema } from "./values.js";

export const sessionBodySchema = objectOf({
  key: textSchema.min(1).max(200).openapi({ description: "as it was shown when it was made" }),
}).openapi("SessionBody");

export const sessionSchema = z
  .object({
    scopes: z.array(z.string()).openapi({ description: "what the key may do" }),
    csrfToken: z.string().openapi({ description: "goes into X-Csrf-Token with every request that changes something" }),
  })
  .openapi("Session");
