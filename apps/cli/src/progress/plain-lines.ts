import type { Progress } from "@sequitur/core";
import type { Io } from "../io.js";
import { PaceKeeper } from "./pace.js";
import { paceLine } from "./pace-text.js";
import type { ProgressView } from "./progress-view.js";

/** Work shorter than this is not worth a line. */
const FIRST_LINE_MS = 1000;
const NEXT_LINE_MS = 5000;

/** For logs and pipes: a line for a task once it took a second, then every five, and one at its end. */
export function plainLines(io: Io): ProgressView {
  const paces = new PaceKeeper();
  const nextLineAt = new Map<string, number>();
  const report = (progress: Progress): void => {
    const now = io.now();
    const pace = paces.update(progress, now);
    const due = pace.elapsedMs === 0 ? now + FIRST_LINE_MS : (nextLineAt.get(pace.task) ?? now + FIRST_LINE_MS);
    const spoken = now >= due || (pace.finished && pace.elapsedMs >= FIRST_LINE_MS);
    nextLineAt.set(pace.task, spoken ? now + NEXT_LINE_MS : due);
    if (spoken) io.stderr.write(`${paceLine(pace)}\n`);
    if (pace.finished) nextLineAt.set(pace.task, Number.POSITIVE_INFINITY);
  };
  return { report, stop: () => undefined };
}
