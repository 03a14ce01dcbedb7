export { estimate, type EstimateIo } from "./estimate.js";
export { parseSettings, settingsSchema, type PolicyChoice, type Settings } from "./settings.js";
export { ChunkBuilder, type ShownPlace, type SlateChunk } from "./log/slate-chunk.js";
export type { SlateSource } from "./log/slate-source.js";
export { REPORT_FORMAT, type PolicyReport, type Report } from "./report.js";
export { summaryText } from "./summary-text.js";
