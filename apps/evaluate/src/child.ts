/**
 * The process of one task. Waiting: it has got no task yet. Running: it fits and measures, and sends progress at most
 * ten times a second. Ended: it sent "done" or "failed" and lets go of its parent. A child whose parent went away ends.
 */
import { PlatformError, type ErrorCode, type Progress } from "@sequitur/core";
import { performance } from "node:perf_hooks";
import type { ChildMessage } from "./child-messages.js";
import { runTask } from "./run-task.js";
import type { Task } from "./task.js";

const PROGRESS_INTERVAL_MS = 100;

function send(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, undefined, {}, () => resolve());
  });
}

async function run(task: Task): Promise<void> {
  let sentAt = -Infinity;
  const report = (progress: Progress): void => {
    const now = performance.now();
    if (now - sentAt < PROGRESS_INTERVAL_MS && progress.done !== progress.total) return;
    sentAt = now;
    void send({ kind: "progress", progress });
  };
  try {
    await runTask(task, { clock: () => performance.now(), report });
    await send({ kind: "done" });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    await send({ kind: "failed", code: codeOf(error), message: message.split("\n")[0] ?? "" });
  }
  // Models may leave worker threads behind; the piece is on disk, so nothing is lost.
  process.exit(0);
}

function codeOf(error: unknown): ErrorCode {
  if (error instanceof PlatformError) return error.code;
  return error instanceof RangeError && /allocation|array length/i.test(error.message) ? "out-of-memory" : "bad-data";
}

process.once("message", (task: Task) => void run(task));
process.once("disconnect", () => process.exit(1));
