import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { Logger } from "pino";
import type { ApiMetrics } from "../metrics/api-metrics.js";
import type { ApiEnv } from "./api-env.js";

const GOOD_ID = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Gives each request an id of ours, measures it and writes one line, with the caller's X-Request-Id beside it when it is
 * a plain one. The line holds the route's pattern, not the path, and no other header, body or query: neither keys nor
 * user ids reach a log.
 */
export function requestLog(logger: Logger, metrics: ApiMetrics, newId: () => string): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const given = c.req.header("x-request-id");
    const requestId = newId();
    c.set("requestId", requestId);
    const started = process.hrtime.bigint();
    await next();
    c.res.headers.set("x-request-id", requestId);
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    const route = routePath(c, -1);
    const { status } = c.res;
    metrics.observeRequest(c.req.method, route, status, seconds);
    const line = { requestId, method: c.req.method, route, status, ms: Math.round(seconds * 1e4) / 10 };
    const keyId = c.get("principal")?.keyId;
    logger[status >= 500 ? "error" : "debug"](
      { ...line, ...(keyId !== undefined && { keyId }), ...callerId(given) },
      "request",
    );
  };
}

function callerId(given: string | undefined): { readonly callerId?: string } {
  return given !== undefined && GOOD_ID.test(given) ? { callerId: given } : {};
}
