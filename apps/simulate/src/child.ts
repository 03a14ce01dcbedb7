import { serveChild } from "@sequitur/workbench";
import { runTask } from "./run-task.js";
import type { Task } from "./task.js";

serveChild<Task>((task, { report }) => runTask(task, { report }));
