import type { Report as ReportProgress } from "@sequitur/core";

/** What an experiment gets from outside. */
export interface EvaluateIo {
  /** Folder of the results: report.json, report.html and queries.safetensors; made when missing. */
  readonly out: string;
  /** Go on from the finished pieces that an interrupted run of the same experiment left in `out`. */
  readonly resume?: boolean;
  /** Aborting stops the child processes and leaves the finished pieces for `resume`. */
  readonly signal?: AbortSignal;
  /** One stream of progress for everything, child processes included. */
  readonly report?: ReportProgress;
  /** ms since the epoch; only for `startedAt` and durations. */
  readonly now?: () => number;
}
