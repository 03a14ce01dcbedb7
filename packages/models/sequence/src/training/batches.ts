import { NONE, type Interactions, type Random } from "@sequitur/core";
import { intervalsOf } from "../intervals.js";
import type { NegativeSampler } from "./negative-sampler.js";
import { windowsOf, type Window } from "./windows.js";

/** What one step trains on; rows are padded at their end with NONE. */
export interface SequenceBatch {
  /** B */
  readonly size: number;
  /** L, the longest window of the batch. */
  readonly length: number;
  /** (B, L) item index, NONE where hidden or padding. */
  readonly inputs: Int32Array;
  /** (B, L) the item that follows, NONE at padding. */
  readonly targets: Int32Array;
  /** (K) sampled items that every target is compared with; empty without a sampler. */
  readonly negatives: Int32Array;
  /** (B, L) `intervalOf` each input in its row, 0 at padding; absent where the network does not ask. */
  readonly intervals?: Int32Array;
  /** Where rows go on from earlier batches; absent where each row stands alone. */
  readonly lanes?: LaneRows;
}

/** Rows that are pieces of longer histories, each in a lane of its own. */
export interface LaneRows {
  /** (B) the lane of each row; no two rows of a batch share one. */
  readonly index: Int32Array;
  /** (B) 1 where a row starts a history, 0 where it goes on from the lane's row in the batch before. */
  readonly fresh: Uint8Array;
}

/** The batches of a fit. */
export interface BatchPlan {
  /** About how many batches an epoch has; 0 when there is nothing to learn from. */
  readonly count: number;
  /** Those of an epoch; they depend on `random` only. */
  readonly epoch: (random: Random) => Iterable<SequenceBatch>;
}

export interface BatchOptions {
  readonly maxLength: number;
  /** Positions of a batch, padding included; a batch has one window at least. */
  readonly batchSize: number;
  /** Share of inputs that are hidden. */
  readonly itemDropout: number;
  readonly randomWindows: boolean;
  readonly sampler?: NegativeSampler;
  /** Whether batches tell the intervals between items. Default false. */
  readonly intervals?: boolean;
}

/**
 * The batches of an epoch, in random order. Windows of like length stand together, so that little is padding; which of
 * them share a batch is drawn anew each epoch.
 */
export function* epochBatches(train: Interactions, options: BatchOptions, random: Random): Generator<SequenceBatch> {
  const windows = windowsOf(train, options.maxLength, options.randomWindows ? random.fork("windows") : undefined);
  random.fork("order").shuffle(windows);
  windows.sort((a, b) => b.length - a.length); // stable: like lengths stay shuffled
  const groups = random.fork("groups").shuffle(groupsOf(windows, options.batchSize));
  const finish = finisher(options, random);
  for (const group of groups) {
    const batch = finish(batchOf(group, train.items));
    yield options.intervals === true ? { ...batch, intervals: intervalsIn(group, batch, train.times) } : batch;
  }
}

/** What is drawn for each batch of an epoch: hidden inputs, negatives. */
export function finisher(
  { itemDropout, sampler }: Pick<BatchOptions, "itemDropout" | "sampler">,
  random: Random,
): (batch: SequenceBatch) => SequenceBatch {
  const hide = random.fork("hide");
  const draw = random.fork("negatives");
  return (batch) => {
    if (itemDropout > 0) hideItems(batch, itemDropout, hide);
    return sampler === undefined ? batch : { ...batch, negatives: sampler.draw(draw) };
  };
}

/** Windows of whole histories, each row alone. */
export function windowPlan(train: Interactions, options: BatchOptions): BatchPlan {
  return { count: batchCount(train, options), epoch: (random) => epochBatches(train, options, random) };
}

/** About how many batches an epoch has; exact without random windows. */
export function batchCount(train: Interactions, { maxLength, batchSize }: BatchOptions): number {
  const windows = windowsOf(train, maxLength).sort((a, b) => b.length - a.length);
  return groupsOf(windows, batchSize).length;
}

/** Cuts windows, longest first, into groups of at most so many positions. */
function groupsOf(windows: readonly Window[], positions: number): Window[][] {
  const groups: Window[][] = [];
  for (let at = 0; at < windows.length;) {
    const count = Math.max(1, Math.floor(positions / windows[at]!.length));
    groups.push(windows.slice(at, at + count));
    at += count;
  }
  return groups;
}

/** One row a window, padded to the longest. */
export function batchOf(windows: readonly Window[], items: Int32Array): SequenceBatch {
  const size = windows.length;
  const length = windows.reduce((longest, window) => Math.max(longest, window.length), 0);
  const inputs = new Int32Array(size * length).fill(NONE);
  const targets = new Int32Array(size * length).fill(NONE);
  windows.forEach((window, row) => {
    const end = window.start + window.length;
    inputs.set(items.subarray(window.start, end), row * length);
    targets.set(items.subarray(window.start + 1, end + 1), row * length);
  });
  return { size, length, inputs, targets, negatives: new Int32Array(0) };
}

function intervalsIn(windows: readonly Window[], { size, length }: SequenceBatch, times: Float64Array): Int32Array {
  const intervals = new Int32Array(size * length);
  windows.forEach(({ start, length: real }, row) => {
    intervals.set(intervalsOf(times.subarray(start, start + real)), row * length);
  });
  return intervals;
}

function hideItems({ inputs }: SequenceBatch, share: number, random: Random): void {
  for (let at = 0; at < inputs.length; at++) {
    if (inputs[at] !== NONE && random.uniform() < share) inputs[at] = NONE;
  }
}
