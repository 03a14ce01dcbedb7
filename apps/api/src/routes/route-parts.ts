import { z } from "@hono/zod-openapi";
import { PlatformError } from "@sequitur/core";
import { requireScope } from "../http/authentication.js";
import type { Scope } from "../http/principal.js";
import { problemSchema } from "../http/problem.js";
import { idSchema } from "../schemas/values.js";

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

/** A route that wants a key with one of these scopes: checks it, and says so in the document. */
export function guarded(...scopes: [Scope, ...Scope[]]) {
  return { security: [{ bearer: [] }], middleware: requireScope(scopes), "x-scopes": scopes };
}

/** The id of a user or item in a path. */
export const idParam = z.object({ id: idSchema.openapi({ param: { name: "id", in: "path" } }) });

export function notThere(kind: string, id: string): PlatformError {
  return new PlatformError("not-found", `there is no ${kind} ${JSON.stringify(id)}.`);
}

/** An object without the names that have no value. */
export function present<T extends object>(fields: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof T]?: Exclude<T[Name], undefined> };
}
