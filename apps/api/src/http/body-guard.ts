import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { ApiEnv } from "./api-env.js";
import { HttpProblem } from "./problem.js";

/** Deeper JSON than this says nothing that the API could use, and costs every reader behind it. */
const MAX_DEPTH = 32;
const HALF_A_PAIR = /\p{Surrogate}/u;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Refuses bodies before a route reads them: other than JSON (415), too long (413), too deep, not JSON, or with text that
 * Postgres cannot keep (NUL, half of a surrogate pair; 400). The text stays cached for the route's own `json()`.
 */
export function bodyGuard(maxBytes: number): MiddlewareHandler<ApiEnv>[] {
  const refuse = (): never => {
    throw new HttpProblem("too-large", `the body must be at most ${maxBytes} bytes.`);
  };
  const counting = bodyLimit({ maxSize: maxBytes, onError: refuse });
  // Node holds a body to the length that it announces. Counting the bytes of each would cost a stream a request.
  const limit: MiddlewareHandler<ApiEnv> = async (c, next) => {
    const announced = c.req.header("content-length");
    if (announced === undefined || c.req.header("transfer-encoding") !== undefined) return counting(c, next);
    if (Number(announced) > maxBytes) refuse();
    return next();
  };
  const check: MiddlewareHandler<ApiEnv> = async (c, next) => {
    const { method } = c.req;
    if (method === "GET" || method === "HEAD" || method === "DELETE" || method === "OPTIONS") return next();
    const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
    const text = await c.req.text();
    if (text === "" && type === undefined) return next();
    if (type !== "application/json") {
      throw new HttpProblem("unsupported-media-type", 'the body must come as "content-type: application/json".');
    }
    checkJson(text);
    return next();
  };
  return [limit, check];
}

function checkJson(text: string): void {
  if (depthOf(text) > MAX_DEPTH) {
    throw new HttpProblem("bad-request", `the body must nest at most ${MAX_DEPTH} levels.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new HttpProblem("bad-request", "the body must be JSON.");
  }
  // A NUL or half a pair can only come as an escape: raw bytes were decoded as UTF-8.
  if (text.includes("\\u") && !isStorable(value)) {
    throw new HttpProblem("bad-request", "text must not hold NUL characters or half surrogate pairs.");
  }
}

/** The deepest nesting of brackets outside of strings. */
export function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) inString = false;
      continue;
    }
    if (code === QUOTE) inString = true;
    else if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x5d || code === 0x7d) depth--;
  }
  return deepest;
}

/** Whether Postgres can keep every text in a JSON value, keys too. */
export function isStorable(value: unknown): boolean {
  if (typeof value === "string") return isStorableText(value);
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isStorable);
  return Object.entries(value).every(([key, held]) => isStorableText(key) && isStorable(held));
}

/** Whether Postgres can keep a text. */
export function isStorableText(text: string): boolean {
  return !text.includes("\u0000") && !HALF_A_PAIR.test(text);
}
