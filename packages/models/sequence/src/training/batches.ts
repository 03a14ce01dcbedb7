import { NONE, type Interactions, type Random } from "@sequitur/core";
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
}

export interface BatchOptions {
  readonly maxLength: number;
  /** Positions of a batch, padding included; a batch has one window at least. */
  readonly batchTargets: number;
  /** Share of inputs that are hidden. */
  readonly itemDropout: number;
  readonly randomWindows: boolean;
  readonly sampler?: NegativeSampler;
}

/**
 * The batches of an epoch, in random order. Windows of like length stand together, so that little is padding; which of
 * them share a batch is drawn anew each epoch.
 */
export function* epochBatches(train: Interactions, options: BatchOptions, random: Random): Generator<SequenceBatch> {
  const windows = windowsOf(train, options.maxLength, options.randomWindows ? random.fork("windows") : undefined);
  random.fork("order").shuffle(windows);
  windows.sort((a, b) => b.length - a.length); // stable: like lengths stay shuffled
  const groups = random.fork("groups").shuffle(groupsOf(windows, options.batchTargets));
  const hide = random.fork("hide");
  const draw = random.fork("negatives");
  for (const group of groups) {
    const batch = batchOf(group, train.items);
    if (options.itemDropout > 0) hideItems(batch, options.itemDropout, hide);
    yield options.sampler === undefined ? batch : { ...batch, negatives: options.sampler.draw(draw) };
  }
}

/** About how many batches an epoch has; exact without random windows. */
export function batchCount(train: Interactions, { maxLength, batchTargets }: BatchOptions): number {
  const windows = windowsOf(train, maxLength).sort((a, b) => b.length - a.length);
  return groupsOf(windows, batchTargets).length;
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

function batchOf(windows: readonly Window[], items: Int32Array): SequenceBatch {
  const size = windows.length;
  const length = windows[0]!.length;
  const inputs = new Int32Array(size * length).fill(NONE);
  const targets = new Int32Array(size * length).fill(NONE);
  windows.forEach((window, row) => {
    const end = window.start + window.length;
    inputs.set(items.subarray(window.start, end), row * length);
    targets.set(items.subarray(window.start + 1, end + 1), row * length);
  });
  return { size, length, inputs, targets, negatives: new Int32Array(0) };
}

function hideItems({ inputs }: SequenceBatch, share: number, random: Random): void {
  for (let at = 0; at < inputs.length; at++) {
    if (inputs[at] !== NONE && random.uniform() < share) inputs[at] = NONE;
  }
}
