/**
 * The process of one task. Waiting: it has got no task yet. Running: it works, and sends progress at most
 * ten times a second. Ended: it sent "done" or "failed" and lets go of its parent. A child whose parent went away ends.
 */
import { PlatformError, type ErrorCode, type Progress, type Report } from "@sequitur/core";
import { performance } from "node:perf_hooks";
import type { ChildMessage } from "./child-messages.js";

const PROGRESS_INTERVAL_MS = 100;

/** What a child does with its task; `clock` is monotonic, in ms. */
export type ChildWork<T> = (task: T, run: { readonly clock: () => number; readonly report: Report }) => Promise<void>;

/** Makes this process the child of `runChild`: it waits for one task, does it, and ends. */
export function serveChild<T>(run: ChildWork<T>): void {
  process.once("message", (task: T) => void work(task, run));
  process.once("disconnect", () => process.exit(1));
}

function send(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, undefined, {}, () => resolve());
  });
}

async function work<T>(task: T, run: ChildWork<T>): Promise<void> {
  let sentAt = -Infinity;
  const report = (progress: Progress): void => {
    const now = performance.now();
    if (now - sentAt < PROGRESS_INTERVAL_MS && progress.done !== progress.total) return;
    sentAt = now;
    void send({ kind: "progress", progress });
  };
  try {
    await run(task, { clock: () => performance.now(), report });
    await send({ kind: "done" });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    await send({ kind: "failed", code: codeOf(error), message: message.split("\n")[0] ?? "" });
  }
  // Models may leave worker threads behind; what they made is on disk, so nothing is lost.
  process.exit(0);
}

function codeOf(error: unknown): ErrorCode {
  if (error instanceof PlatformError) return error.code;
  return error instanceof RangeError && /allocation|array length/i.test(error.message) ? "out-of-memory" : "bad-data";
}
