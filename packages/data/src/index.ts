export type { EvaluationSet, Split } from "./splits/split.js";
