import type { Progress } from "@sequitur/core";
import { MultiBar, type SingleBar } from "cli-progress";
import type { Io } from "../io.js";
import { PaceKeeper, type Pace } from "./pace.js";
import { paceBar, paceLine } from "./pace-text.js";
import type { ProgressView } from "./progress-view.js";

const REDRAW_MS = 100;
/** A task that has been silent for so long gives its line up; its next report brings it back. */
const STALE_MS = 15_000;
/** A finished task that took longer than this leaves a line behind. */
const WORTH_A_LINE_MS = 1000;

interface Row {
  readonly bar: SingleBar;
  atMs: number;
}

/** One bar a running task; finished tasks leave a line above the bars. */
export function terminalBars(io: Io): ProgressView {
  const paces = new PaceKeeper();
  const rows = new Map<string, Row>();
  const bars = new MultiBar({
    // cli-progress asks for a stream, but writes text and moves the cursor only.
    stream: io.stderr as NodeJS.WritableStream,
    format: (_options, params, payload: { pace: Pace }) =>
      paceBar(payload.pace, (params as { maxWidth?: number }).maxWidth ?? io.stderr.columns ?? 80),
    clearOnComplete: true,
    hideCursor: true,
    gracefulExit: false,
    emptyOnZero: true,
  });
  let drawnAt = Number.NEGATIVE_INFINITY;
  const report = (progress: Progress): void => {
    const now = io.now();
    const pace = paces.update(progress, now);
    if (pace.finished) finish(pace);
    else show(pace, now);
    // Work that never yields would starve the redraw timer of the library.
    if (bars.isActive && now - drawnAt >= REDRAW_MS) {
      bars.update();
      drawnAt = now;
    }
  };
  const show = (pace: Pace, now: number): void => {
    let row = rows.get(pace.task);
    if (row === undefined) {
      for (const [task, other] of rows) if (now - other.atMs > STALE_MS) drop(task);
      row = { bar: bars.create(1, 0, { pace }), atMs: now };
      rows.set(pace.task, row);
    }
    row.bar.update(0, { pace });
    row.atMs = now;
  };
  const finish = (pace: Pace): void => {
    drop(pace.task);
    if (pace.elapsedMs < WORTH_A_LINE_MS) return;
    if (bars.isActive) bars.log(`${paceLine(pace)}\n`);
    else io.stderr.write(`${paceLine(pace)}\n`);
  };
  const drop = (task: string): void => {
    const row = rows.get(task);
    if (row === undefined) return;
    bars.remove(row.bar);
    rows.delete(task);
  };
  const stop = (): void => {
    if (bars.isActive) bars.stop();
  };
  return { report, stop };
}
