import { throwIfCancelled, type Report as ReportProgress } from "@sequitur/core";
import { probeFolder, writeTogether } from "@sequitur/core/files";
import { codeVersion, machineText, openWorkFolder, runPool, type WorkFolder } from "@sequitur/workbench";
import { availableParallelism } from "node:os";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { buildReport } from "./build-report.js";
import { contendersOf, type Contender } from "./contender.js";
import type { EvaluateIo } from "./evaluate-io.js";
import type { Experiment } from "./experiment.js";
import { listFiles } from "./lists-out.js";
import type { LoadAlgorithm } from "./load-algorithm.js";
import { modelPath, MODELS_FOLDER } from "./kept-models.js";
import { metricNames } from "./metric-names.js";
import { openData } from "./open-data.js";
import { prepareData, type OpenData, type PreparedData } from "./prepare-data.js";
import { encodeQueryFile, QUERIES_FILE } from "./query-file.js";
import { reportPage } from "./report-page/report-page.js";
import type { Report } from "./report.js";
import { runContender, type Arena, type Outcome } from "./run-contender.js";
import { runInProcess, type TaskRunner } from "./run-in-process.js";
import { seedMean } from "./seed-mean.js";

/** What tests put in the place of data sets and processes. */
export interface EvaluateParts {
  readonly openData: OpenData;
  readonly runTask: TaskRunner;
  /** Finds the recommenders by name; built-in ones and those of modules when absent. */
  readonly load?: LoadAlgorithm;
}

/**
 * One offline experiment: reads, splits, searches, fits, ranks the whole catalogue for every test query, compares, and
 * writes report.json, report.html and queries.safetensors into `io.out`, all three or none; an older report there is
 * replaced at that moment. A model that fails is a row with its error. Aborting leaves what is finished for `resume`.
 */
export async function evaluate(
  experiment: Experiment,
  io: EvaluateIo,
  parts: EvaluateParts = { openData, runTask: runInProcess },
): Promise<Report> {
  const { out, resume = false, signal } = io;
  throwIfCancelled(signal);
  metricNames(experiment);
  const contenders = await contendersOf(experiment, parts.load);
  await probeFolder(out);
  const folder = await openWorkFolder(out, resume);
  let finished = false;
  try {
    const report = await evaluateIn(folder, experiment, contenders, io, parts);
    finished = true;
    return report;
  } finally {
    if (finished) await folder.remove();
    else await folder.leave();
  }
}

async function evaluateIn(
  folder: WorkFolder,
  experiment: Experiment,
  contenders: readonly Contender[],
  io: EvaluateIo,
  parts: EvaluateParts,
): Promise<Report> {
  const { out, signal, report: progress, now = Date.now } = io;
  const started = performance.now();
  const startedAt = new Date(now()).toISOString();
  const metrics = metricNames(experiment);
  const passed = { ...(signal && { signal }), ...(progress && { report: progress }) };
  const source = await parts.openData(experiment.data, passed);
  const data = await prepareData(experiment, source, folder, signal);
  const { commit, key: code } = await codeVersion();
  const threads = experiment.threads ?? Math.max(1, Math.floor(availableParallelism() / experiment.concurrency));
  const arena: Arena = {
    experiment,
    data,
    metrics: metrics.all,
    folder,
    runTask: parts.runTask,
    threads,
    code,
    ...passed,
  };
  const outcomes = await runAll(contenders, arena, progress);
  throwIfCancelled(signal);
  const environment = {
    commit,
    node: process.version,
    machine: machineText(),
    threads,
    concurrency: experiment.concurrency,
  };
  const seconds = (): number => (performance.now() - started) / 1000;
  const report = await buildReport(
    outcomes,
    { experiment, data, metrics, environment, startedAt },
    { ...passed, seconds },
  );
  throwIfCancelled(signal);
  await writeReport(out, report, data, outcomes, experiment);
  return report;
}

async function runAll(
  contenders: readonly Contender[],
  arena: Arena,
  report: ReportProgress | undefined,
): Promise<Outcome[]> {
  let done = 0;
  const tell = (): void => report?.({ task: "evaluate", done, total: contenders.length, unit: "models" });
  tell();
  return runPool(
    arena.experiment.concurrency,
    contenders.map((contender) => async () => {
      const outcome = await runContender(contender, arena);
      done++;
      tell();
      return outcome;
    }),
  );
}

/** report.json comes last: where it is, the other two are of the same experiment. */
async function writeReport(
  out: string,
  report: Report,
  data: PreparedData,
  outcomes: readonly Outcome[],
  experiment: Experiment,
): Promise<void> {
  const models = outcomes
    .filter(({ error }) => error === null)
    .map(({ contender, pieces }) => ({ label: contender.label, values: seedMean(pieces) }));
  const { keepLists, listFormats } = experiment;
  const lists = outcomes.flatMap(({ contender: { label }, pieces: [first] }) =>
    keepLists === null || first?.kept === undefined ? [] : [{ label, ranking: first.kept }],
  );
  const kept = lists.length === 0 ? [] : listFiles(lists, data.test, data.train.catalog, listFormats);
  const fits = await Promise.all(outcomes.map(modelIn));
  if (experiment.keepModels) await mkdir(join(out, MODELS_FOLDER), { recursive: true });
  await writeTogether([
    ...fits.flat().map(([label, bytes]): [string, Uint8Array] => [modelPath(out, label), bytes]),
    ...kept.map(([name, content]): [string, string | Uint8Array] => [join(out, name), content]),
    [join(out, QUERIES_FILE), encodeQueryFile(data, models)],
    [join(out, "report.html"), reportPage(report)],
    [join(out, "report.json"), `${JSON.stringify(report, null, 1)}\n`],
  ]);
}

async function modelIn({ contender, modelFile, error }: Outcome): Promise<[string, Uint8Array][]> {
  return modelFile === undefined || error !== null ? [] : [[contender.label, await readFile(modelFile)]];
}
