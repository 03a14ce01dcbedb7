import type { Interactions } from "@sequitur/core";
import type { Engine, PositiveRows } from "@sequitur/kernels";

/** Bits of filter an interaction: one in 16 is set, so that 15 of 16 unvoted draws need no search. */
const BITS_A_ROW = 16;
const LEAST_WORDS = 32;

/** Rows to sample from in the engine's memory, and the call that gives them back. */
export interface HeldRows {
  readonly rows: PositiveRows;
  release(): void;
}

/** Lays the interactions out for sampling. A repeated interaction is drawn as often as it happened. */
export function positiveRows(engine: Engine, train: Interactions): HeldRows {
  const { memory, kernels } = engine;
  const { size, users, items } = train;
  const pairs = memory.ints(2 * size);
  const at = pairs.array;
  for (let row = 0; row < size; row++) {
    at[2 * row] = users[row]!;
    at[2 * row + 1] = items[row]!;
  }
  const offsets = memory.intsFrom(train.userOffsets);
  const sortedItems = memory.intsFrom(items);
  for (let user = 0; user < train.catalog.users.size; user++) {
    sortedItems.array.subarray(train.userOffsets[user], train.userOffsets[user + 1]).sort();
  }
  const filter = memory.words(Math.max(LEAST_WORDS, 2 ** Math.ceil(Math.log2((size * BITS_A_ROW) / 32))));
  kernels.positiveFilter(filter, pairs, size);
  const counts = { users: train.catalog.users.size, items: train.catalog.items.size, count: size };
  return {
    rows: { ...counts, pairs, offsets, sortedItems, filter },
    release: () => [pairs, offsets, sortedItems, filter].forEach((block) => memory.release(block)),
  };
}
