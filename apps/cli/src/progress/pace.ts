import type { Progress } from "@sequitur/core";

/** How far a task is and how fast it goes, from its own reports. */
export interface Pace {
  readonly task: string;
  readonly unit: string;
  /** Units done of total; total is NaN when unknown. */
  readonly done: number;
  readonly total: number;
  readonly values: Readonly<Record<string, number>>;
  /** Since the first report. */
  readonly elapsedMs: number;
  /** Units a second since the first report; NaN before anything was done. */
  readonly rate: number;
  /** NaN when it cannot be told. */
  readonly leftMs: number;
  readonly finished: boolean;
}

/** Keeps the start of each task and gives its pace; a task that starts over (done falls) is timed anew. */
export class PaceKeeper {
  private readonly starts = new Map<string, { atMs: number; done: number; lastDone: number }>();

  /** `nowMs` is any clock in ms that does not run backwards. */
  update(progress: Progress, nowMs: number): Pace {
    const { task, done, total, unit } = progress;
    let start = this.starts.get(task);
    if (start === undefined || done < start.lastDone) {
      start = { atMs: nowMs, done, lastDone: done };
      this.starts.set(task, start);
    }
    start.lastDone = done;
    const elapsedMs = nowMs - start.atMs;
    const gained = done - start.done;
    const rate = gained > 0 && elapsedMs > 0 ? (gained / elapsedMs) * 1000 : Number.NaN;
    const leftMs = ((total - done) / rate) * 1000;
    const finished = done >= total;
    return { task, unit, done, total, values: progress.values ?? {}, elapsedMs, rate, leftMs, finished };
  }
}
