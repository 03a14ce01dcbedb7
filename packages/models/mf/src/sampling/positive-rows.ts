import type { Interactions } from "@sequitur/core";
import { positiveFilterLength, type Engine, type PositiveRows } from "@sequitur/kernels";

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
  const filter = memory.words(positiveFilterLength(size));
  kernels.positiveFilter(filter, offsets, sortedItems, train.catalog.users.size);
  const counts = { users: train.catalog.users.size, items: train.catalog.items.size, count: size };
  return {
    rows: { ...counts, pairs, offsets, sortedItems, filter },
    release: () => [pairs, offsets, sortedItems, filter].forEach((block) => memory.release(block)),
  };
}
