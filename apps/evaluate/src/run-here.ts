import { performance } from "node:perf_hooks";
import type { LoadAlgorithm } from "./load-algorithm.js";
import type { TaskRunner } from "./run-in-process.js";
import { runTask } from "./run-task.js";

/** Runs tasks in this process, for recommenders that are objects here and in no file. */
export function runHere(load: LoadAlgorithm): TaskRunner {
  return (task, { signal, report }) =>
    runTask(task, { clock: () => performance.now(), load, ...(signal && { signal }), ...(report && { report }) });
}
