import { type Interactions, type Random } from "@sequitur/core";
import { batchOf, finisher, type BatchOptions, type BatchPlan, type SequenceBatch } from "./batches.js";
import type { Window } from "./windows.js";

/** What is left of a history: pairs of rows at, at + 1 up to `end`. */
interface Rest {
  at: number;
  readonly end: number;
  fresh: boolean;
}

/**
 * Session-parallel batches (GRU4Rec, Hidasi et al. 2016, fig. 2): whole histories run side by side in lanes, `steps` items
 * a batch, and a lane whose history ends takes the next one. There are as many lanes as `batchSize` allows; towards
 * the end of an epoch, when no history waits, the batches have fewer rows. What a history leaves of its last piece is
 * padding.
 */
export function lanePlan(train: Interactions, options: BatchOptions, steps: number): BatchPlan {
  const lanes = laneCount(options, steps);
  let count = 0;
  for (const _ of pieces(train, readers(train), lanes, steps)) count += 1;
  return { count, epoch: (random) => laneBatches(train, options, steps, random) };
}

/** How many lanes such batches have at most. */
export function laneCount({ batchSize }: Pick<BatchOptions, "batchSize">, steps: number): number {
  return Math.max(1, Math.floor(batchSize / steps));
}

function* laneBatches(
  train: Interactions,
  options: BatchOptions,
  steps: number,
  random: Random,
): Generator<SequenceBatch> {
  const order = random.fork("order").shuffle(readers(train));
  const finish = finisher(options, random);
  for (const rows of pieces(train, order, laneCount(options, steps), steps)) yield finish(laneBatch(rows, train.items));
}

/** Users with something to predict. */
function readers({ userOffsets }: Interactions): number[] {
  const users: number[] = [];
  for (let user = 0; user + 1 < userOffsets.length; user++) {
    if (userOffsets[user + 1]! - userOffsets[user]! > 1) users.push(user);
  }
  return users;
}

/** One row of a batch. */
interface Piece extends Window {
  readonly lane: number;
  readonly fresh: boolean;
}

/** The rows of each batch, for histories in this order. */
function* pieces(
  { userOffsets }: Interactions,
  order: readonly number[],
  lanes: number,
  steps: number,
): Generator<Piece[]> {
  const running: (Rest | undefined)[] = Array.from({ length: lanes });
  for (let next = 0; ;) {
    const rows: Piece[] = [];
    for (let lane = 0; lane < lanes; lane++) {
      const user = order[next];
      if (running[lane] === undefined && user !== undefined) {
        running[lane] = { at: userOffsets[user]!, end: userOffsets[user + 1]! - 1, fresh: true };
        next += 1;
      }
      const rest = running[lane];
      if (rest === undefined) continue;
      const length = Math.min(steps, rest.end - rest.at);
      rows.push({ lane, start: rest.at, length, fresh: rest.fresh });
      rest.at += length;
      rest.fresh = false;
      if (rest.at === rest.end) running[lane] = undefined;
    }
    if (rows.length === 0) return;
    yield rows;
  }
}

function laneBatch(rows: readonly Piece[], items: Int32Array): SequenceBatch {
  const index = Int32Array.from(rows, ({ lane }) => lane);
  const fresh = Uint8Array.from(rows, (row) => (row.fresh ? 1 : 0));
  return { ...batchOf(rows, items), lanes: { index, fresh } };
}
