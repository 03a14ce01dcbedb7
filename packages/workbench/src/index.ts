export { canonicalJson } from "./files/canonical-json.js";
export { digestOf, openWorkFolder, type WorkFolder } from "./files/work-folder.js";
export { codeVersion, type CodeVersion } from "./code-version.js";
export { machineText } from "./machine.js";
export { environmentFields, parseReportOf, runFields } from "./parse-report.js";
export { childFile, runChild, type ChildRun } from "./processes/run-child.js";
export { serveChild, type ChildWork } from "./processes/serve-child.js";
export { runPool } from "./processes/run-pool.js";
export { htmlPage, type PageParts } from "./page/page.js";
export { pageHead, type HeadParts } from "./page/page-head.js";
export {
  brief,
  bytes,
  columnPercent,
  count,
  decimalsFor,
  decimalsOfSize,
  fixed,
  halfWidth,
  percent,
  pValue,
  seconds,
  signed,
  type Measure,
} from "./page/number-text.js";
export { CHART_WIDTH, plotSvg, swatch, type ChartWords } from "./page/plot-svg.js";
export { caption, escapeHtml, safe, trusted, type Html } from "./page/safe.js";
export { ceilingSeries, labelRoom, seriesAt, shortLabel, symbolScale, type Series } from "./page/series.js";
