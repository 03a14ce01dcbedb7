import type { ModelChoice } from "./experiment.js";
import type { ListsSource } from "./lists-in.js";
import type { MeasureOptions } from "./measure-model.js";

/** What a task measures: a built-in recommender, one of a file, lists made elsewhere, or the truth of a generated city. */
export type Algorithm =
  | { readonly kind: "recommender"; readonly name: string; readonly module?: string }
  | { readonly kind: "lists"; readonly source: ListsSource }
  | { readonly kind: "oracle"; readonly city: Readonly<Record<string, unknown>> };

/** One fit and one measurement, as plain data: everything that the process doing it needs. */
export interface Task {
  /** Names the task in progress and errors. */
  readonly label: string;
  readonly algorithm: Algorithm;
  readonly config: Readonly<Record<string, unknown>>;
  /** What neither the fit nor the histories of the questions show; absent: all is shown. */
  readonly without?: ModelChoice["without"];
  readonly seed: number;
  readonly threads: number;
  readonly trainFile: string;
  /** Questions for early stopping; absent when the fit may not see any. */
  readonly validation?: { readonly file: string; readonly metric: string };
  /** The questions to measure on; the file is opened only after the fit. */
  readonly questionsFile: string;
  readonly measure: MeasureOptions;
  /** Questions whose top items the piece keeps, by row; none when absent. */
  readonly shown?: readonly number[];
  /** Length of the lists that the piece keeps; none when absent. */
  readonly keepLists?: number;
  /** Where to keep the fitted model for the next rung, or to take it from when it is there. */
  readonly artifactFile?: string;
  /** Where to leave the fitted model for whoever serves it; the piece then says what it is worth on validation. */
  readonly modelFile?: string;
  /** Where a fit that is interrupted may leave its state, and finds it again; absent for short fits. */
  readonly checkpointDir?: string;
  readonly pieceFile: string;
}
