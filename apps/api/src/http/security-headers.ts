import type { MiddlewareHandler } from "hono";

/** Nothing of ours needs another origin; swagger-ui draws icons from data: and styles from attributes. */
const POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/** Headers that every answer carries. An answer may set its own Cache-Control. */
export const securityHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(HEADERS)) {
    if (name !== "cache-control" || !c.res.headers.has(name)) c.res.headers.set(name, value);
  }
};
