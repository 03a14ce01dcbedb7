import type { Io } from "./io.js";

/** Exit code of a program that a signal stopped: 128 + its number. */
const STOPPED = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * The real process as an `Io`. The first SIGINT or SIGTERM aborts `signal` so that work stops at a safe point; the
 * second ends the process at once. A reader that goes away (`| head`) ends it quietly, as it does other programs.
 */
export function processIo(): Io {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(STOPPED[name]);
      process.stderr.write("\nsequitur: stopping at the next safe point (once more to stop at once)\n");
      stop.abort();
    });
  }
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  process.stderr.on("error", () => undefined);
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    signal: stop.signal,
    now: Date.now,
    fetch: globalThis.fetch,
  };
}
