import { verifyApiKey, type Store } from "@sequitur/store";
import type { Context, MiddlewareHandler } from "hono";
import { createHash } from "node:crypto";
import type { ApiEnv } from "./api-env.js";
import { SCOPES, type Principal, type Scope } from "./principal.js";
import { HttpProblem } from "./problem.js";

/** How long a verified key is trusted without asking again: a revoked key dies within this time. */
const TRUST_MS = 5_000;
const MOST_TRUSTED = 10_000;

interface Trusted {
  readonly principal: Principal | undefined;
  readonly until: number;
}

/**
 * Reads `Authorization: Bearer` or `X-Api-Key`, verifies it and leaves its holder in the context. Memory holds hashes of
 * keys, as the store does.
 */
export function authentication(store: Store): MiddlewareHandler<ApiEnv> {
  const trusted = new Map<string, Trusted>();
  const holderOf = async (key: string): Promise<Principal | undefined> => {
    const hash = createHash("sha256").update(key).digest("base64");
    const known = trusted.get(hash);
    if (known !== undefined && known.until > store.now()) return known.principal;
    const found = await verifyApiKey(store, key);
    const scopes = SCOPES.filter((scope) => found?.scopes.includes(scope));
    const principal = found && { keyId: found.keyId, scopes: new Set(scopes) };
    if (trusted.size >= MOST_TRUSTED) trusted.clear();
    trusted.set(hash, { principal, until: store.now() + TRUST_MS });
    return principal;
  };
  return async (c, next) => {
    const key = keyOf(c);
    c.set("principal", key === undefined ? undefined : await holderOf(key));
    return next();
  };
}

function keyOf(c: Context): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  return bearer ?? c.req.header("x-api-key");
}

/** Lets only holders of the scope pass: 401 without a good key, 403 with one that may not. */
export function requireScope(scope: Scope): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const principal = c.get("principal");
    if (principal === undefined) {
      throw new HttpProblem("unauthenticated", 'a key is needed: "authorization: Bearer KEY".', {
        "www-authenticate": 'Bearer realm="sequitur"',
      });
    }
    if (!principal.scopes.has(scope)) {
      throw new HttpProblem("forbidden", `this needs a key with the scope "${scope}".`);
    }
    return next();
  };
}
