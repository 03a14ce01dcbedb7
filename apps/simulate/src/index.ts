export {
  parseReport,
  REPORT_FORMAT,
  reportSchema,
  type ArmMeasures,
  type ArmReport,
  type Report,
  type Reading,
  type WorldMean,
} from "./report.js";
export { simulate, type SimulateIo, type TaskRunner } from "./simulate.js";
export { parseSettings, settingsSchema, type ArmChoice, type Settings } from "./settings.js";
export { reportPage } from "./report-page/report-page.js";
export { summaryText } from "./summary-text.js";
export type { SlatePolicyMaker } from "./arm-server.js";
export { planExperiment, planSettingsSchema, type ExperimentNeed, type PlanSettings } from "./plan-experiment.js";
