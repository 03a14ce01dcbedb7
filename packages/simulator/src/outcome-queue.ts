import { HOUR_MS, NONE, queryBatch, type QueryBatch, type Slate } from "@sequitur/core";
import type { Behaviour } from "./behaviour.js";
import type { SlateServer } from "./slate-server.js";
import type { VisitLog } from "./worlds/visit-log.js";

/** Outcomes told at once, at most. */
const CHUNK = 1_024;

/** One slate whose outcome is not known yet. */
interface Pending {
  readonly batch: QueryBatch;
  readonly row: number;
  readonly slate: Slate;
  /** Position, or NONE. */
  readonly click: number;
  readonly due: number;
}

/** Outcomes on their way to the platform. */
export interface OutcomeQueue {
  /** `delay`, in [0, 1), is the visit's own uniform draw. */
  add(batch: QueryBatch, row: number, slate: Slate, click: number, delay: number): void;
  /** Tells what is due until the instant, earliest first, and forgets it. */
  deliver(until: number, server: SlateServer): Promise<void>;
}

/**
 * A queue that adds each click to `known` and tells the server of each slate: a click after an exponential delay, and a slate
 * without one, or with one that comes too late, as not clicked when its window closes.
 */
export function outcomeQueue({ delayHours, windowHours }: Behaviour, known: VisitLog): OutcomeQueue {
  let waiting: Pending[] = [];
  return {
    add(batch, row, slate, click, delay) {
      const after = click === NONE ? Infinity : -Math.log(1 - delay) * delayHours;
      const inTime = after < windowHours;
      const due = batch.now[row]! + (inTime ? after : windowHours) * HOUR_MS;
      waiting.push({ batch, row, slate, click: inTime ? click : NONE, due });
    },
    async deliver(until, server) {
      const due = waiting.filter((pending) => pending.due <= until);
      if (due.length === 0) return;
      waiting = waiting.filter((pending) => pending.due > until);
      due.sort((a, b) => a.due - b.due);
      for (const { batch, row, slate, click } of due) {
        if (click !== NONE) known.add(batch.users[row]!, slate.items[click]!, batch.now[row]!);
      }
      if (server.learn === undefined) return;
      for (let at = 0; at < due.length; at += CHUNK) {
        const chunk = due.slice(at, at + CHUNK);
        await server.learn({
          batch: queryBatch(chunk.map(({ batch, row }) => questionOf(batch, row))),
          slates: chunk.map(({ slate }) => slate),
          clicks: Int32Array.from(chunk, ({ click }) => click),
        });
      }
    },
  };
}

function questionOf(batch: QueryBatch, row: number) {
  const [start, end] = [batch.offsets[row]!, batch.offsets[row + 1]!];
  return {
    user: batch.users[row]!,
    items: batch.items.subarray(start, end),
    times: batch.times.subarray(start, end),
    sessionStart: batch.sessionStarts[row]! - start,
    now: batch.now[row]!,
  };
}
