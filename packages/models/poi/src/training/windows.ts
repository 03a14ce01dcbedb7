import type { Interactions } from "@sequitur/core";
import { trajectoryNumbers } from "@sequitur/data";
import { offsetAt, type PlaceFacts } from "../history/places.js";
import { momentAt, type CheckIns, type OffsetOf, type Sequence } from "../history/check-ins.js";

/** (size) trajectory number of each row, ascending: the sessions of the source, or cut where a gap exceeds `sessionGapHours`. */
export function trajectoriesOf(train: Interactions, sessionGapHours: number): Int32Array {
  const { session } = train.context;
  if (session === undefined) return trajectoryNumbers(train, { sessionGapHours, sessionGapFrom: "previous" });
  const numbers = new Int32Array(train.size);
  let number = 0;
  for (let row = 1; row < train.size; row++) {
    if (train.users[row] !== train.users[row - 1] || session[row] !== session[row - 1]) number++;
    numbers[row] = number;
  }
  return numbers;
}

export interface WindowOptions {
  /** Check-ins of a trajectory that are read at once. */
  readonly maxLength: number;
  /** Whether the first check-in of a trajectory is asked for too. */
  readonly askFirst: boolean;
}

/**
 * Every trajectory as sequences whose moments are answered by the rows that follow, each row once. Trajectories longer
 * than `maxLength` become several windows.
 */
export function trainingSequences(
  train: Interactions,
  checkIns: CheckIns,
  trajectories: Int32Array,
  { maxLength, askFirst }: WindowOptions,
): Sequence[] {
  const sequences: Sequence[] = [];
  const add = (from: number, to: number, countFrom: number): void => {
    if (countFrom > to - from) return;
    const user = train.users[from]!;
    const now = train.times[to]!;
    const clock = momentAt(checkIns.asked, to);
    sequences.push({ user, first: train.userOffsets[user]!, from, to, now, clock, countFrom });
  };
  for (let start = 0; start < checkIns.size;) {
    let end = start + 1;
    while (end < checkIns.size && trajectories[end] === trajectories[start]) end++;
    let from = start;
    do {
      const to = Math.min(from + maxLength, end - 1);
      add(from, to, from === start && askFirst ? 0 : 1);
      from = to;
    } while (from < end - 1);
    start = end;
  }
  return sequences;
}

/** 1 where a user's rows begin. */
export function userStarts({ users, size }: Interactions): Uint8Array {
  const starts = new Uint8Array(size);
  for (let row = 0; row < size; row++) starts[row] = row === 0 || users[row] !== users[row - 1] ? 1 : 0;
  return starts;
}

/** The user's clock by row: minutes east of UTC as recorded, else the clock at the place, else UTC. */
export function trainingOffsets({ context, times }: Interactions, facts: PlaceFacts): OffsetOf {
  const { utcOffsetMinutes } = context;
  if (utcOffsetMinutes !== undefined) return (row) => utcOffsetMinutes[row]!;
  return (row, place) => offsetAt(facts, place, times[row]!);
}
