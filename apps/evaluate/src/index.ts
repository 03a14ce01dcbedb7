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
export { reportPage } from "./report-page/report-page.js";
export { leaderboardText, type LeaderboardTextOptions } from "./report-page/leaderboard-text.js";
