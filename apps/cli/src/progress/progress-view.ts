import type { Report } from "@sequitur/core";
import type { Io } from "../io.js";
import { terminalBars } from "./terminal-bars.js";
import { plainLines } from "./plain-lines.js";

/** Shows what long work reports; `stop` leaves the terminal as it was found. */
export interface ProgressView {
  readonly report: Report;
  stop(): void;
}

/** Bars on a terminal, a line every few seconds elsewhere, nothing with `quiet`. Always on stderr. */
export function progressView(io: Io, quiet: boolean): ProgressView {
  if (quiet) return { report: () => undefined, stop: () => undefined };
  return io.stderr.isTTY === true && io.env["TERM"] !== "dumb" ? terminalBars(io) : plainLines(io);
}

/** Runs the work with a view that is always stopped. */
export async function withProgress<T>(io: Io, quiet: boolean, work: (report: Report) => Promise<T>): Promise<T> {
  const view = progressView(io, quiet);
  try {
    return await work(view.report);
  } finally {
    view.stop();
  }
}
