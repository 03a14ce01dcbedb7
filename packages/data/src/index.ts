export type { EvaluationSet, Split } from "./splits/split.js";
export { splitConfigSchema, splitInteractions, type SplitConfig } from "./splits/split-interactions.js";
export { applyFilters, filterConfigSchema, type FilterConfig } from "./filters/filters.js";
export { compact } from "./filters/compact.js";
export { trajectoryNumbers } from "./splits/trajectory.js";
