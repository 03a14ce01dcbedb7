export {
  parseReport,
  REPORT_FORMAT,
  reportSchema,
  type Breakdown,
  type Curve,
  type Measure,
  type MetricValue,
  type ModelComparison,
  type ModelReport,
  type ModelRun,
  type Protocol,
  type Report,
  type Trial,
  type Tuning,
} from "./report.js";
export type { EvaluateIo } from "./evaluate-io.js";
export { baselineNames, recommenderNames } from "@sequitur/builtin";
export { reportPage } from "./report-page/report-page.js";
export { statWords } from "./report-page/stat-words.js";
export { leaderboardText, type LeaderboardTextOptions } from "./report-page/leaderboard-text.js";
export { modelPath, readKeptModel } from "./kept-models.js";
export {
  compareRuns,
  type ComparedQuestion,
  type CompareRunsOptions,
  type RunComparison,
  type RunPlace,
} from "./compare-runs/compare-runs.js";
export { comparisonPage } from "./compare-runs/comparison-page.js";
export { comparisonText } from "./compare-runs/comparison-text.js";
export { readKeptReport, type KeptReport } from "./compare-runs/kept-run.js";
export { evaluate, type EvaluateParts } from "./evaluate.js";
export {
  experimentSchema,
  labelOf,
  parseExperiment,
  type Experiment,
  type ModelChoice,
  type TuneConfig,
} from "./experiment.js";
export type { OpenData, SourceData } from "./prepare-data.js";
export { runHere } from "./run-here.js";
export { runInProcess, type RunnerRun, type TaskRunner } from "./run-in-process.js";
export type { Algorithm, Task } from "./task.js";
