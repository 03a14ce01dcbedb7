import type { Store } from "@sequitur/store";
import type { Context, MiddlewareHandler } from "hono";
import type { ApiEnv } from "./api-env.js";
import type { Scope } from "./principal.js";
import { HttpProblem } from "./problem.js";
import { requestLimits, type AddressOf, type RateLimits } from "./rate-limit.js";
import { checkCsrf, readSession } from "./session-cookie.js";
import { VerifiedKeys } from "./verified-keys.js";

/**
 * Reads `Authorization: Bearer`, `X-Api-Key` or the cookie of a session, verifies it and leaves its holder in the
 * context; 429 above the limits.
 * Without a key, or with one not known as good, the address is counted before the store is asked: a flood of made-up
 * keys costs its senders their share and nobody else theirs.
 */
export function authentication(store: Store, limits: RateLimits, addressOf: AddressOf): MiddlewareHandler<ApiEnv> {
  const keys = new VerifiedKeys(store);
  const limit = requestLimits(limits);
  return async (c, next) => {
    const key = keyOf(c) ?? sessionOf(c);
    if (key === undefined || !keys.isKnown(key)) await limit.address(addressOf(c));
    const principal = key === undefined ? undefined : await keys.holderOf(key);
    if (principal !== undefined) await limit.key(principal.keyId);
    c.set("principal", principal);
    return next();
  };
}

function keyOf(c: Context): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  return bearer ?? c.req.header("x-api-key");
}

function sessionOf(c: Context): string | undefined {
  const secret = readSession(c);
  if (secret !== undefined) checkCsrf(c, secret);
  return secret;
}

/** Lets only holders of one of the scopes pass: 401 without a good key, 403 with one that may not. */
export function requireScope(scopes: readonly Scope[]): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const principal = c.get("principal");
    if (principal === undefined) {
      throw new HttpProblem("unauthenticated", 'a key is needed: "authorization: Bearer KEY".', {
        "www-authenticate": 'Bearer realm="sequitur"',
      });
    }
    if (!scopes.some((scope) => principal.scopes.has(scope))) {
      const wanted = scopes.map((scope) => `"${scope}"`).join(" or ");
      throw new HttpProblem("forbidden", `this needs a key with the scope ${wanted}.`);
    }
    return next();
  };
}
