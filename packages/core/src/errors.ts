/** Stable codes; only the edge of an app maps them to exit codes or HTTP statuses. */
export type ErrorCode =
  | "bad-config"
  | "bad-data"
  | "bad-artifact"
  | "not-found"
  | "diverged"
  | "cancelled"
  | "unavailable"
  | "out-of-memory";

/** The one error of the platform: its message says what was expected, what came, and where. */
export class PlatformError extends Error {
  override readonly name = "PlatformError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Throws `cancelled` when the signal is aborted; call it between steps of long work. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new PlatformError("cancelled", "the work was cancelled.");
}
