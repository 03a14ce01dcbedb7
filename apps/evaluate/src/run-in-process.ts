import { childFile, runChild, type ChildRun } from "@sequitur/workbench";
import type { Task } from "./task.js";

/** Runs a task; resolves when its piece is on disk and rejects with the reason when it is not. */
export type TaskRunner = (task: Task, run: RunnerRun) => Promise<void>;

export type RunnerRun = ChildRun;

/** Runs each task in a process of its own: its memory is its own, and its crash is its own failure. */
export const runInProcess: TaskRunner = (task, run) => runChild(childFile(import.meta.url, "child"), task, run);
