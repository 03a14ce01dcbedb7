import type { z } from "@hono/zod-openapi";
import { problemSchema } from "../http/problem.js";

/** A body of JSON that must be there. */
export function jsonBody<S extends z.ZodType>(schema: S) {
  return { required: true, content: { "application/json": { schema } } } as const;
}

/** An answer of JSON. */
export function jsonAnswer<S extends z.ZodType>(schema: S, description: string) {
  return { description, content: { "application/json": { schema } } } as const;
}

const problem = (description: string) => jsonAnswer(problemSchema, description);

/** Refusals that every route with a key may give. */
export const PROBLEMS = {
  400: problem("the request is not as expected"),
  401: problem("no good key"),
  403: problem("the key lacks the scope"),
  404: problem("there is no such thing"),
  413: problem("the body is too long"),
  415: problem("the body is not JSON"),
  429: problem("too many requests; Retry-After says when"),
  503: problem("not able to answer just now; Retry-After says when"),
} as const;

/** How routes say that they need a key. */
export const SECURITY = [{ bearer: [] }];
