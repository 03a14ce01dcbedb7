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

/** What an answer may say in its own way. */
const OWN = new Set(["cache-control", "content-security-policy"]);

/** Headers that every answer carries. */
export const securityHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(HEADERS)) {
    if (!OWN.has(name) || !c.res.headers.has(name)) c.res.headers.set(name, value);
  }
};
