import type { MiddlewareHandler } from "hono";
import { HttpProblem } from "./problem.js";

/** 503 when an answer is not there in time. What runs on behind it is bounded by the statement timeout of the store. */
export function answerTimeout(ms: number): MiddlewareHandler {
  return async (_, next) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new HttpProblem("timed-out", `no answer within ${ms} ms.`, { "retry-after": "1" }));
      }, ms);
    });
    try {
      await Promise.race([next(), late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
