import type { Context, MiddlewareHandler } from "hono";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { HttpProblem } from "./problem.js";

export interface RateLimits {
  /** Requests a second of one key. */
  readonly perKey: number;
  /** Requests a second of one address without a good key. */
  readonly perAddress: number;
}

/** Where a request comes from, for those that carry no key. */
export type AddressOf = (c: Context) => string;

/** Count one request each; 429 with Retry-After above the limit. */
export interface RequestLimits {
  key(keyId: string): Promise<void>;
  address(address: string): Promise<void>;
}

/** Counted in this process: with N processes the limits are N times as high. */
export function requestLimits({ perKey, perAddress }: RateLimits): RequestLimits {
  const keys = new RateLimiterMemory({ points: perKey, duration: 1, keyPrefix: "key" });
  const addresses = new RateLimiterMemory({ points: perAddress, duration: 1, keyPrefix: "address" });
  return { key: (keyId) => count(keys, keyId), address: (address) => count(addresses, address) };
}

/** Counts every request of an address, for a route that itself decides who asks. */
export function addressLimit(limits: RateLimits, addressOf: AddressOf): MiddlewareHandler {
  const limit = requestLimits(limits);
  return async (c, next) => {
    await limit.address(addressOf(c));
    return next();
  };
}

async function count(limiter: RateLimiterMemory, of: string): Promise<void> {
  try {
    await limiter.consume(of);
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
    throw new HttpProblem("too-many-requests", "too many requests; slow down.", { "retry-after": String(seconds) });
  }
}
