import { performance } from "node:perf_hooks";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { EvaluateIo } from "./evaluate-io.js";
import { evaluate, type EvaluateParts } from "./evaluate.js";
import { parseExperiment, type Experiment } from "./experiment.js";
import type { ModelReport, Report } from "./report.js";
import type { TaskRunner } from "./run-in-process.js";
import { runTask } from "./run-task.js";
import { tinySource } from "./tiny-data.fixture.js";

const module = fileURLToPath(new URL("./planted.fixture.ts", import.meta.url));

/** An experiment of planted models on the tiny ring. */
export function planted(names: readonly string[], fields: object = {}): Experiment {
  const models = names.map((name) => ({ name, module }));
  return parseExperiment({ data: "tiny", models, resamples: 100, threads: 1, ...fields }, "test");
}

/** A folder for a report that goes when the test ends; it does not exist yet. */
export async function reportFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "evaluate-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, "reports", "tiny");
}

/** Runs tasks in this process. */
export const hereRunner: TaskRunner = (task, { signal, report }) =>
  runTask(task, { clock: () => performance.now(), ...(signal && { signal }), ...(report && { report }) });

/** Evaluates on the tiny ring, in this process unless `parts` say otherwise. */
export function evaluateTiny(
  experiment: Experiment,
  io: EvaluateIo,
  parts: Partial<EvaluateParts> = {},
): Promise<Report> {
  return evaluate(experiment, io, { openData: async () => tinySource(), runTask: hereRunner, ...parts });
}

export function modelOf(report: Report, label: string): ModelReport {
  const model = report.models.find((candidate) => candidate.label === label);
  if (model === undefined) throw new Error(`no model ${label}`);
  return model;
}
