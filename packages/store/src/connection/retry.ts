import { PlatformError, type Random } from "@sequitur/core";
import type { RetrySettings } from "./store-options.js";

/**
 * SQLSTATEs after which the same work may succeed: a serialization failure, a deadlock, a lock not had in time,
 * a server that starts, stops or has no connection left, a lost connection.
 */
const RETRIABLE_STATES = new Set(["40001", "40P01", "55P03", "53300", "57P01", "57P02", "57P03", "25006"]);
/** SQLSTATEs that pass only when somebody does something: told at once, since whoever asked waits. */
const OUT_OF = new Map([
  ["57014", "the statement ran out of time"],
  ["53100", "the disk of the database is full"],
  ["53200", "the database is out of memory"],
  ["58030", "the database cannot read or write its files"],
]);
const RETRIABLE_SYSTEM = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EHOSTUNREACH"]);
const LOST_CONNECTION =
  /Connection terminated|timeout expired|connection timeout|Client has encountered a connection error/;

/** The SQLSTATE or system code of an error, or "". */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}

/** Whether the same work may succeed when it is tried again. */
export function isRetriable(error: unknown): boolean {
  if (error instanceof PlatformError) return false;
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isRetriable);
  const code = codeOf(error);
  if (RETRIABLE_STATES.has(code) || code.startsWith("08") || RETRIABLE_SYSTEM.has(code)) return true;
  return error instanceof Error && LOST_CONNECTION.test(error.message);
}

/**
 * Runs the work again while it fails in a way that may pass, waiting a random part of a doubling, capped time between
 * tries. The work must be idempotent: a connection lost at commit leaves open whether it was done.
 * `unavailable` after the last try, or at once for a statement that ran out of time, a full disk or failing files.
 */
export async function retrying<T>(
  what: string,
  settings: RetrySettings,
  random: Random,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const hopeless = OUT_OF.get(codeOf(error));
      if (hopeless !== undefined) {
        throw new PlatformError("unavailable", `${what}: ${hopeless}.`, { cause: error });
      }
      if (!isRetriable(error)) throw error;
      if (attempt >= settings.attempts) {
        const reason = codeOf(error) || (error as Error).message;
        throw new PlatformError("unavailable", `${what}: gave up after ${attempt} tries (${reason}).`, {
          cause: error,
        });
      }
      const longest = Math.min(settings.capMs, settings.baseMs * 2 ** (attempt - 1));
      await new Promise((resolve) => setTimeout(resolve, longest * (0.5 + 0.5 * random.uniform())));
    }
  }
}
