import type { Context, MiddlewareHandler } from "hono";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { ApiEnv } from "./api-env.js";
import { HttpProblem } from "./problem.js";

export interface RateLimits {
  /** Requests a second of one key. */
  readonly perKey: number;
  /** Requests a second of one address without a good key. */
  readonly perAddress: number;
}

/** Where a request comes from, for those that carry no key. */
export type AddressOf = (c: Context) => string;

/** 429 with Retry-After above the limits. Counted in this process: with N processes the limit is N times as high. */
export function rateLimit(limits: RateLimits, addressOf: AddressOf): MiddlewareHandler<ApiEnv> {
  const perKey = new RateLimiterMemory({ points: limits.perKey, duration: 1, keyPrefix: "key" });
  const perAddress = new RateLimiterMemory({ points: limits.perAddress, duration: 1, keyPrefix: "address" });
  return async (c, next) => {
    const principal = c.get("principal");
    try {
      if (principal === undefined) await perAddress.consume(addressOf(c));
      else await perKey.consume(principal.keyId);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
      throw new HttpProblem("too-many-requests", "too many requests; slow down.", { "retry-after": String(seconds) });
    }
    return next();
  };
}
